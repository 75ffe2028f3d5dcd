import { AIMessage, AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { Command, GraphRecursionError } from "@langchain/langgraph";
import { MiddlewareError } from "langchain";
import type { StoredMessage } from "../message.ts";
import type { Agent } from "./build-agent.ts";
import type { RunContext } from "./context.ts";
import { fromStored, toStored } from "./messages.ts";
import { PauseRequest } from "./model-middleware.ts";

/** How an execution of a run begins: anew, after a decision, or where a dead worker left it. */
export type AgentInput =
  | { kind: "start"; messages: StoredMessage[] }
  | { kind: "resume"; interrupts: string[] }
  | { kind: "continue" };

/** A call that is parked, and the LangGraph interrupt that parks it. */
type Parked = { interruptId: string; approvalId: string };

export type AgentOutcome =
  | { kind: "done"; messages: StoredMessage[] }
  | { kind: "waiting"; parked: Parked[] }
  | { kind: "paused" };

export type Standing = {
  messages: StoredMessage[];
  parked: Parked[];
  open: boolean;
  finished: boolean;
};

export type ThreadConfig = {
  threadId: string;
  lease: string;
  fence: number;
  maxSteps: number;
  /** What the checkpointer holds back for this execution; it knows what that is. */
  held: unknown;
};

/**
 * Runs the agent until it is done, waits for humans, or is paused before a model call (`context.pause`).
 * Text goes out through `context.emit` as it comes.
 * Rejects with the run's abort reason, ModelError, LeaseLostError, or `TooManyStepsError`.
 */
export async function runAgent(
  agent: Agent,
  input: AgentInput,
  context: RunContext,
  thread: ThreadConfig,
): Promise<AgentOutcome> {
  const parked: Parked[] = [];
  let state: BaseMessage[] = [];
  try {
    const stream = await agent.stream(toGraphInput(input) as never, {
      ...config(thread),
      context: context as never,
      signal: context.signal,
      streamMode: ["messages", "updates", "values"],
      durability: "sync",
      recursionLimit: thread.maxSteps * 2 + 5,
    });
    for await (const [mode, chunk] of stream as AsyncIterable<[string, unknown]>) {
      if (mode === "messages")
        onChunk(chunk as [BaseMessage, { langgraph_node?: string }], context);
      else if (mode === "updates") {
        parked.push(...interruptsIn(chunk));
        onModelDone(chunk, context);
      } else state = (chunk as { messages?: BaseMessage[] }).messages ?? state;
    }
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof GraphRecursionError || isRecursion(error))
      throw new TooManyStepsError(thread.maxSteps);
    const cause = rootCause(error);
    if (cause instanceof PauseRequest) return { kind: "paused" };
    throw cause;
  }
  context.signal.throwIfAborted();
  if (parked.length > 0) return { kind: "waiting", parked };
  return { kind: "done", messages: state.map(toStored) };
}

/**
 * The run's messages and parked calls as its last checkpoint has them; undefined where there is none. `open`: a call
 * is neither parked nor done. `finished`: there is nothing left to do, not even a step to be closed whose results are in.
 */
export async function readThread(
  agent: Agent,
  thread: ThreadConfig,
): Promise<Standing | undefined> {
  const snapshot = await agent.graph.getState(config(thread));
  const messages = snapshot.values?.messages as BaseMessage[] | undefined;
  if (!messages) return undefined;
  // A task that is done keeps its interrupt until the step is over; to resume that again is refused.
  const parked = snapshot.tasks.flatMap((task) =>
    task.result === undefined ? task.interrupts.flatMap((interrupt) => toParked(interrupt)) : [],
  );
  const open = snapshot.tasks.some((task) => !task.interrupts.length && task.result === undefined);
  return { messages: messages.map(toStored), parked, open, finished: snapshot.tasks.length === 0 };
}

/** Puts messages into a run that is paused before its next model call. */
export async function addToThread(
  agent: Agent,
  thread: ThreadConfig,
  messages: StoredMessage[],
): Promise<void> {
  await agent.graph.updateState(config(thread), { messages: messages.map(fromStored) }, "tools");
}

export class TooManyStepsError extends Error {
  override readonly name = "TooManyStepsError";
  readonly code = "too_many_steps";
  constructor(steps: number) {
    super(`The run was ended after ${steps} steps (MAX_STEPS)`);
  }
}

function config(thread: ThreadConfig) {
  return {
    configurable: {
      thread_id: thread.threadId,
      lease: thread.lease,
      fence: thread.fence,
      held: thread.held,
      // Without it a wrong interrupt id is ignored in silence.
      __pregel_strict_resume: true,
    },
  };
}

function toGraphInput(input: AgentInput) {
  switch (input.kind) {
    case "start":
      return { messages: input.messages.map(fromStored) };
    case "resume":
      return new Command({ resume: Object.fromEntries(input.interrupts.map((id) => [id, true])) });
    case "continue":
      return null;
    default: {
      const never: never = input;
      return never;
    }
  }
}

/** Text of the message that is being written, under our id. Chunks of given-up attempts may still come in: dropped. */
function onChunk(
  [chunk, meta]: [BaseMessage, { langgraph_node?: string }],
  context: RunContext,
): void {
  const { writing } = context;
  if (!AIMessageChunk.isInstance(chunk) || meta.langgraph_node !== "model_request") return;
  const source = chunk.id ?? "";
  if (writing.dead.has(source)) return;
  writing.sources.add(source);
  writing.alive();
  emitText(chunk.text, context);
}

/** A model that does not stream, or whose chunks were held back: what is still missing goes out now. */
function onModelDone(update: unknown, context: RunContext): void {
  const done = (update as { model_request?: { messages?: BaseMessage[] } }).model_request;
  const message = done?.messages?.findLast((m) => AIMessage.isInstance(m));
  if (message && message.id === context.writing.messageId)
    emitText(message.text.slice(context.writing.length), context);
}

function emitText(text: string, context: RunContext): void {
  if (text === "") return;
  const { writing } = context;
  context.emit({ type: "text.delta", message: writing.messageId, from: writing.length, text });
  writing.length += text.length;
}

function interruptsIn(update: unknown): Parked[] {
  const list = (update as { __interrupt__?: unknown[] }).__interrupt__ ?? [];
  return list.flatMap((interrupt) => toParked(interrupt));
}

function toParked(interrupt: unknown): Parked[] {
  const { id, value } = interrupt as { id?: string; value?: { approvalId?: string } };
  return id && value?.approvalId ? [{ interruptId: id, approvalId: value.approvalId }] : [];
}

function isRecursion(error: unknown): boolean {
  return (
    error instanceof Error &&
    "lc_error_code" in error &&
    error.lc_error_code === "GRAPH_RECURSION_LIMIT"
  );
}

/** LangChain wraps what a middleware throws, under the name of what was thrown; callers want that itself. */
function rootCause(error: unknown): unknown {
  let inner = error;
  while (MiddlewareError.isInstance(inner) && inner.cause !== undefined) inner = inner.cause;
  return inner;
}
