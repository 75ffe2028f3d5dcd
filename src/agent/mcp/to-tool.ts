import type { McpServerConfig, ToolEntry } from "../../config-file.ts";
import { TIERS, type Tier } from "../../events.ts";
import type { Tool } from "../tool.ts";
import { McpCallError } from "./call-error.ts";
import type { Connection } from "./connection.ts";
import type { ListedTool } from "./listed-tool.ts";
import { resultText } from "./result-text.ts";
import { redactor } from "./secrets.ts";
import { untrustedText } from "./untrusted-text.ts";

/** A server may report as often as it likes; people see so much of it, since each is kept. */
const PROGRESS_MS = 250;

/** What the administrator's configuration makes of a tool. Nothing that the server says has a part in it. */
export type Standing = { tier: Tier; idempotent: boolean; timeoutMs: number; enabled: boolean };

/**
 * The server's entry first, then what `tools` says under `server__tool`. What `tools` says under the
 * plain name may only tighten: any server can give a tool a name that was meant for another.
 */
export function standingOf(
  { server, tool }: { server: string; tool: string },
  entry: McpServerConfig,
  overrides: Record<string, ToolEntry>,
): Standing {
  const exact = overrides[`${server}__${tool}`];
  const loose = Object.hasOwn(overrides, tool) ? overrides[tool] : undefined;
  const ofEntry = entry.free.includes(tool) ? "free" : (entry.tier ?? "ask");
  const tier = exact?.tier ?? ofEntry;
  return {
    tier: loose?.tier ? stricter(tier, loose.tier) : tier,
    idempotent:
      (exact?.idempotent ?? entry.idempotent.includes(tool)) && loose?.idempotent !== false,
    timeoutMs: (exact?.timeout_seconds ?? entry.timeout_seconds) * 1000,
    enabled: (exact?.enabled ?? true) && (loose?.enabled ?? true),
  };
}

function stricter(one: Tier, other: Tier): Tier {
  return TIERS.indexOf(one) > TIERS.indexOf(other) ? one : other;
}

/** A listed tool as one of ours, under `name`. */
export function toTool(
  name: string,
  listed: ListedTool,
  standing: Standing,
  connection: Connection,
): Tool {
  const redact = redactor(connection.entry);
  return {
    name,
    description: listed.description,
    parameters: listed.parameters,
    tier: standing.tier,
    idempotent: standing.idempotent,
    timeoutMs: standing.timeoutMs,
    source: `mcp:${connection.name}`,
    ...(listed.destructive && { destructive: true }),
    check: listed.check,
    async run(args, context) {
      let shown = { words: "", at: -PROGRESS_MS };
      const result = await connection.call({
        tool: listed.name,
        args,
        idempotencyKey: context.idempotencyKey,
        asTask: listed.asTask,
        timeoutMs: standing.timeoutMs,
        signal: context.signal,
        onProgress: ({ done, total, message }) => {
          const words = message ?? (total === undefined ? `${done}` : `${done} of ${total}`);
          if (words === shown.words || performance.now() < shown.at + PROGRESS_MS) return;
          shown = { words, at: performance.now() };
          context.progress(untrustedText(words, 200));
        },
      });
      const text = resultText(result);
      if (result.isError)
        throw new McpCallError(
          "failed",
          redact(text) || `"${listed.name}" failed and did not say why`,
        );
      return text;
    },
  };
}
