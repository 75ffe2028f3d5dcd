import type { FieldError } from "../adapter.ts";
import type { Actor, Tier } from "../events.ts";

/** What a tool is told about the call that it serves. */
export type ToolContext = {
  runId: string;
  sessionId: string;
  /** On whose behalf: the requester, never the approver. */
  user: Actor;
  callId: string;
  /** The same for every attempt of this call: hand it to whatever supports idempotency keys. */
  idempotencyKey: string;
  /** Aborts when the run is stopped, the worker loses its lease, or the tool's time is over. */
  signal: AbortSignal;
  /** A line about how far it is, shown to people while it runs. */
  progress(text: string): void;
  memory: MemoryAccess;
};

/** The user's long-term memory, as a tool may use it. */
export type MemoryAccess = {
  remember(text: string, kind: "preference" | "fact" | "note"): Promise<void>;
  recall(query: string): Promise<string[]>;
};

/** A tool as the server's registry knows it. The tier comes from here, never from a model or an MCP server alone. */
export type Tool = {
  name: string;
  description: string;
  /** JSON Schema of the arguments: an object. What the model is shown, and what forms are made from. */
  parameters: Record<string, unknown>;
  tier: Tier;
  /** Whether a second run of the same call does no harm. If not, the ledger guards it. */
  idempotent: boolean;
  timeoutMs: number;
  /** `own`, or `mcp:<server>`. */
  source: string;
  /** An MCP server says that it destroys. Shown on the card. */
  destructive?: boolean;
  /** What a call would do, computed by the server: rows, recipients, an amount. Shown on the card. */
  preview?(args: Record<string, unknown>): Promise<string>;
  /** Checks arguments; defaults are filled in. What comes out is what is shown, sealed and run. */
  check(
    args: unknown,
  ): { ok: true; args: Record<string, unknown> } | { ok: false; errors: FieldError[] };
  /** Runs it. The text is what the model reads; a throw becomes an error that the model reads. */
  run(args: Record<string, unknown>, context: ToolContext): Promise<string>;
};
