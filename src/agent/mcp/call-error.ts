import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js";
import { RefusedError } from "../../errors.ts";

/**
 * A tool call that brought no result, in words for the model. `outcome` says what is known:
 * `not_run` (it never reached the tool), `failed` (the tool or its server said no), `unknown` (it
 * was sent, and no answer came: it may have taken effect).
 */
export class McpCallError extends Error {
  override readonly name = "McpCallError";
  readonly code = "mcp_call";
  readonly outcome: "not_run" | "failed" | "unknown";

  constructor(outcome: McpCallError["outcome"], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.outcome = outcome;
  }
}

/** An error of the SDK, or of the network beneath it, that ended a call. `why` is its message, fit to be shown. */
export function toCallError(
  error: unknown,
  { server, tool, why }: { server: string; tool: string; why: string },
): McpCallError {
  const outcome = outcomeOf(error);
  const reason = why.replace(/^MCP error -?\d+: /, "");
  const words = {
    failed: `The MCP server "${server}" answered "${tool}" with an error: ${reason}`,
    not_run: `The MCP server "${server}" can't be reached (${reason}). "${tool}" was not run.`,
    unknown: `The MCP server "${server}" gave no answer to "${tool}" (${reason}). Whether it took effect is not known: don't repeat it unasked.`,
  };
  return new McpCallError(outcome, words[outcome], error);
}

/** What an error of the SDK, or of the network beneath it, tells about a request that was under way. */
function outcomeOf(error: unknown): McpCallError["outcome"] {
  if (error instanceof RefusedError) return error.code === "too_large" ? "unknown" : "not_run";
  if (error instanceof McpError)
    return error.code === ErrorCode.ConnectionClosed || error.code === ErrorCode.RequestTimeout
      ? "unknown"
      : "failed";
  const status = httpStatus(error);
  if (status !== undefined) return status >= 400 && status < 500 ? "not_run" : "unknown";
  if ((error as NodeJS.ErrnoException | null)?.code === "ECONNREFUSED") return "not_run";
  return error instanceof Error && error.message === "Not connected" ? "not_run" : "unknown";
}

/** Whether the server no longer knows our session: 404 by the protocol, 400 by habit; or isn't there at all. */
export function isSessionGone(error: unknown): boolean {
  const status = httpStatus(error);
  return (
    status === 404 || status === 400 || (status === undefined && outcomeOf(error) === "not_run")
  );
}

function httpStatus(error: unknown): number | undefined {
  if (error instanceof StreamableHTTPError) return error.code;
  // The SSE transport throws a plain Error.
  const found = error instanceof Error && /\(HTTP (\d{3})\)/.exec(error.message);
  return found ? Number(found[1]) : undefined;
}
