import type { Actor, Language, Outbound } from "../events.ts";
import type { NamedModel } from "./models/open-models.ts";
import type { MemoryAccess, Tool } from "./tool.ts";

/** A call that the model asked for, with checked arguments. `key` names it within its run: call ids alone repeat. */
export type Call = {
  key: string;
  id: string;
  tool: Tool;
  args: Record<string, unknown>;
  /** Untrusted sources among the run's messages so far: `mcp:web`, `guest`. */
  taint: string[];
};

/** What is to become of a call. `args` are read back from what was sealed, never from the model's message. */
export type Ruling =
  /** `asked`: somebody consented, to this call or ahead; its execution is written down whatever the tool. */
  | { kind: "run"; args: Record<string, unknown>; edited: boolean; asked: boolean }
  | { kind: "answer"; content: string; status: "success" | "error" }
  | { kind: "ask"; approvalId: string };

/** Who decides whether a call runs. It may be asked again for the same call: after a resume, after a crash. */
export interface Gate {
  rule(call: Call): Promise<Ruling>;
}

/** The ledger of calls that must not run twice. */
export interface Ledger {
  /** Writes down that the call starts; or says that it is done already, or that a human must say what became of it. */
  begin(
    call: Call,
  ): Promise<
    | { kind: "start" }
    | { kind: "done"; result: string; ok: boolean }
    | { kind: "ask"; approvalId: string }
  >;
  finish(call: Call, result: { ok: boolean; text: string }): Promise<void>;
  /** Its time was over while it ran: nobody knows whether it had its effect. */
  lose(call: Call): Promise<void>;
}

/** Everything that one execution of a run hands to the agent, through LangGraph's `context`. */
export type RunContext = {
  runId: string;
  sessionId: string;
  user: Actor;
  language: Language;
  systemPrompt: string;
  models: NamedModel[];
  modelTimeoutMs: number;
  tools: ReadonlyMap<string, Tool>;
  gate: Gate;
  ledger: Ledger;
  memory: MemoryAccess;
  signal: AbortSignal;
  /** Hands an event to the journal; never waits, never throws. */
  emit(event: Outbound): void;
  /** Whether the run is to be let go, or something put into it, before its next model call. */
  pause(): boolean | Promise<boolean>;
  /** The message that the model is writing now; the model middleware starts and discards it. */
  writing: Writing;
};

/** Follows one AI message while it streams, under our own id: vendors' ids repeat. */
type Writing = {
  messageId: string;
  length: number;
  /** Vendor ids of the chunks of this message, and of messages that were given up. */
  sources: Set<string>;
  dead: Set<string>;
  /** Tells the time-out that the model is still talking. */
  alive(): void;
};
