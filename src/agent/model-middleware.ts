import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  SystemMessage,
} from "@langchain/core/messages";
import { createMiddleware } from "langchain";
import { v7 } from "uuid";
import { ModelError } from "../errors.ts";
import { isDeeper } from "../json-depth.ts";
import { clean } from "../text.ts";
import type { RunContext } from "./context.ts";
import { tellOfEdit } from "./messages.ts";
import { callWithFallback } from "./models/call-models.ts";

/** The argument under which a call keeps what the model wrote instead of a JSON object; the tool middleware answers it. */
export const MALFORMED = "__malformed_arguments";

/** Ends the graph's work before a model call; the checkpoint stands behind the last tool results. */
export class PauseRequest extends Error {
  override readonly name = "PauseRequest";
}

/** Calls the run's models in order and takes in what comes back: cleaned, under our ids, with valid calls. */
export const modelMiddleware = createMiddleware({
  name: "Model",
  wrapModelCall: async (request, handler) => {
    const context = request.runtime.context as RunContext;
    if (await context.pause()) throw new PauseRequest();
    const messages = request.messages.map(tellOfEdit);
    const systemMessage = new SystemMessage(context.systemPrompt);
    const reply = await callWithFallback(
      context.models,
      async ({ model, name }, signal, alive) => {
        startWriting(context, alive);
        const answer = await handler({
          ...request,
          model: model as typeof request.model,
          messages,
          systemMessage,
        });
        signal.throwIfAborted();
        const message = takeIn(answer, messages, context.writing.messageId);
        if (message.text === "" && !message.tool_calls?.length)
          throw new ModelError("model_empty", `${name} answered nothing`);
        return message;
      },
      {
        timeoutMs: context.modelTimeoutMs,
        retries: 2,
        signal: context.signal,
        onFailure: (name, error, next) =>
          discardWriting(context, `${name}: ${error.message} (${next})`),
      },
    );
    return reply;
  },
});

function startWriting(context: RunContext, alive: () => void): void {
  const { writing } = context;
  for (const source of writing.sources) writing.dead.add(source);
  writing.sources.clear();
  writing.messageId = `msg_${v7()}`;
  writing.length = 0;
  writing.alive = alive;
}

function discardWriting(context: RunContext, reason: string): void {
  const { writing } = context;
  for (const source of writing.sources) writing.dead.add(source);
  writing.sources.clear();
  if (writing.length > 0)
    context.emit({ type: "text.discarded", message: writing.messageId, reason });
  writing.length = 0;
}

/** The model's reply as we keep it: plain text, unique call ids, every call with an object of arguments. */
function takeIn(reply: AIMessage, before: BaseMessage[], id: string): AIMessage {
  const used = new Set(
    before.flatMap((m) =>
      AIMessage.isInstance(m) ? (m.tool_calls ?? []).map((call) => call.id) : [],
    ),
  );
  const fresh = (callId: string | undefined) => {
    const kept = callId && !used.has(callId) ? callId : `call_${v7()}`;
    used.add(kept);
    return kept;
  };
  const calls = askedCalls(reply).map((call) => ({
    type: "tool_call" as const,
    id: fresh(call.id),
    name: clean(call.name || "unknown"),
    args: clean(call.args),
  }));
  const usage = reply.usage_metadata as AIMessage["usage_metadata"];
  return new AIMessage({
    id,
    content: clean(reply.text),
    tool_calls: calls,
    ...(usage ? { usage_metadata: usage as never } : {}),
  });
}

type AskedCall = { id?: string | undefined; name: string; args: Record<string, unknown> };

/**
 * The calls of a reply, in its order. Of a streamed one the text itself is read: the library completes arguments that
 * broke off in the middle, and no call may run with half of one.
 */
function askedCalls(reply: AIMessage): AskedCall[] {
  const streamed = AIMessageChunk.isInstance(reply) ? (reply.tool_call_chunks ?? []) : [];
  if (streamed.length > 0)
    return streamed.map(({ id, name = "", args = "" }) => ({ id, name, args: readArgs(args) }));
  const malformed = (reply.invalid_tool_calls ?? []).map(({ id, name = "", args = "" }) => ({
    id,
    name,
    args: { [MALFORMED]: args },
  }));
  return [...(reply.tool_calls ?? []), ...malformed];
}

function readArgs(text: string): Record<string, unknown> {
  try {
    const args: unknown = JSON.parse(text.trim() || "{}");
    const isObject = typeof args === "object" && args !== null && !Array.isArray(args);
    if (isObject && !isDeeper(args)) return args as Record<string, unknown>;
  } catch {
    // the model is told
  }
  return { [MALFORMED]: text };
}
