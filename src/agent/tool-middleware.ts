import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { interrupt, isGraphBubbleUp } from "@langchain/langgraph";
import { createMiddleware, type ToolCallRequest } from "langchain";
import { deadline } from "../deadline.ts";
import { LeaseLostError, messageOf } from "../errors.ts";
import { clean, shorten } from "../text.ts";
import type { Call, RunContext } from "./context.ts";
import { taintOf } from "./messages.ts";
import { MALFORMED } from "./model-middleware.ts";
import type { Tool } from "./tool.ts";

/** How much of a result people are shown in the journal; the model and the transcript have all of it. */
const SHOWN = 2_000;

/**
 * Stands before every tool call: check, ask, write down, run, write down.
 *
 * PostgreSQL decides, LangGraph only waits: the gate is asked for the standing of the call, and `interrupt()`
 * parks the task while that is "ask". The value handed in at the resume means nothing, so a stale or doubled
 * resume can at worst park it again. Everything here may run again after a crash; only what the gate or the
 * ledger wrote counts.
 */
export const toolMiddleware = createMiddleware({
  name: "Approval",
  wrapToolCall: async (request) => {
    const context = request.runtime.context as RunContext;
    const { id = "", name } = request.toolCall;
    const answer = (content: string, status: "success" | "error", artifact?: object) =>
      new ToolMessage({
        content,
        status,
        name,
        tool_call_id: id,
        ...(artifact !== undefined && { artifact }),
      });

    const call = toCall(request, context.tools);
    if ("fault" in call) return answer(`[error] ${call.fault}`, "error");

    let ruling = await context.gate.rule(call);
    while (ruling.kind === "ask") {
      interrupt({ approvalId: ruling.approvalId });
      ruling = await context.gate.rule(call);
    }
    if (ruling.kind === "answer") return answer(ruling.content, ruling.status);

    const approved: Call = { ...call, args: ruling.args };
    const result = await run(approved, context, ruling.asked);
    return answer(result.text, result.ok ? "success" : "error", {
      ...(ruling.edited && { editedArgs: ruling.args }),
      ...(call.tool.source !== "own" && { taint: [call.tool.source] }),
    });
  },
});

/** `unknown`: it was cut off, so nobody knows whether it took effect. */
type Result = { ok: boolean; text: string; unknown: boolean };

async function run(call: Call, context: RunContext, asked: boolean): Promise<Result> {
  const { tool } = call;
  if (tool.idempotent && !asked) return attempt(call, context);
  for (;;) {
    const entry = await context.ledger.begin(call);
    if (entry.kind === "done") return { ok: entry.ok, text: entry.result, unknown: false };
    if (entry.kind === "ask") {
      interrupt({ approvalId: entry.approvalId });
      continue;
    }
    const result = await attempt(call, context);
    if (!result.unknown || tool.idempotent) {
      await context.ledger.finish(call, result);
      return result;
    }
    await context.ledger.lose(call);
  }
}

/** Runs the tool once. Rejects only where the run itself must end: stopped, or its lease is lost. */
async function attempt(call: Call, context: RunContext): Promise<Result> {
  const { tool, id } = call;
  context.signal.throwIfAborted();
  context.emit({
    type: "tool.started",
    callId: id,
    tool: tool.name,
    args: JSON.stringify(call.args),
  });
  using time = deadline(context.signal, tool.timeoutMs);
  const { signal } = time;
  let result: Result;
  try {
    const text = await Promise.race([
      tool.run(call.args, {
        runId: context.runId,
        sessionId: context.sessionId,
        user: context.user,
        callId: id,
        idempotencyKey: `${context.runId}/${call.key}`,
        signal,
        memory: context.memory,
        progress: (words) =>
          context.emit({
            type: "tool.progress",
            callId: id,
            tool: tool.name,
            text: shorten(clean(words), SHOWN),
          }),
      }),
      aborted(signal),
    ]);
    result = { ok: true, text: clean(text), unknown: false };
  } catch (error) {
    if (isGraphBubbleUp(error) || error instanceof LeaseLostError) throw error;
    context.signal.throwIfAborted();
    const text = time.over ? `no result within ${tool.timeoutMs / 1000} s` : messageOf(error);
    result = {
      ok: false,
      text: `[error] ${clean(text)}`,
      unknown: time.over || isUnknown(error),
    };
  }
  context.emit({
    type: "tool.finished",
    callId: id,
    tool: tool.name,
    status: result.ok ? "ok" : "error",
    result: shorten(result.text, SHOWN),
  });
  return result;
}

/** A tool that lost its other side in the middle of a call says so on its error. */
function isUnknown(error: unknown): boolean {
  return error instanceof Error && "outcome" in error && error.outcome === "unknown";
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function toCall(
  request: ToolCallRequest,
  tools: ReadonlyMap<string, Tool>,
): Call | { fault: string } {
  const { id = "", name } = request.toolCall;
  const tool = tools.get(name);
  if (!tool)
    return { fault: `There is no tool "${name}". There are: ${[...tools.keys()].join(", ")}` };
  const message = request.state.messages.findLast(
    (m) => AIMessage.isInstance(m) && m.tool_calls?.some((c) => c.id === id),
  ) as AIMessage | undefined;
  // Not those of `request`: on their way here LangGraph takes what looks like its own (`{ node, args }`) for that.
  const { args = {} } = message?.tool_calls?.find((c) => c.id === id) ?? {};
  if (Object.hasOwn(args, MALFORMED))
    return {
      fault: `The arguments of ${name} were not a valid JSON object: ${shorten(String(args[MALFORMED]), 500)}`,
    };
  const checked = tool.check(args);
  if (!checked.ok) {
    const faults = checked.errors.map((error) => `${error.path || "/"}: ${error.message}`);
    return { fault: `The arguments of ${name} are not right. ${faults.join("; ")}` };
  }
  return {
    key: `${message?.id}/${id}`,
    id,
    tool,
    args: checked.args,
    taint: taintOf(request.state.messages),
  };
}
