/** Errors that people and programs act on. Each has a `code`; a message names the act and the value, never a secret. */

export type ErrorCode =
  | "bad_request"
  | "not_found"
  | "invalid"
  | "conflict"
  | "forbidden"
  | "unauthorized"
  | "too_large"
  | "too_many"
  | "unavailable";

/** Something asked of us that we refuse, in words for the person who asked. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code: ErrorCode;
  /** Where the fault lies, by field: a JSON pointer or a field's name, and what it should hold. */
  readonly fields: { path: string; message: string }[];
  /** More for programs, e.g. who decided. */
  readonly details: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    message: string,
    more: {
      fields?: { path: string; message: string }[];
      details?: Record<string, unknown>;
      cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.fields = more.fields ?? [];
    this.details = more.details ?? {};
  }
}

/** The process cannot start, or go on, as it is configured. Printed without a stack. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "config";
}

/** This worker no longer holds what it works on: another has taken over. Nothing may be written any more. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
  readonly code = "lease_lost";
}

/** A model could not be used. `code` says why in words that reach people through `run.failed`. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly code:
    | "model_key"
    | "model_unreachable"
    | "model_timeout"
    | "model_rate_limited"
    | "model_failed"
    | "model_empty"
    | "model_unknown";

  constructor(code: ModelError["code"], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** What a failed delivery tells us about the world. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  readonly code = "delivery";
  readonly outcome: "retry" | "delay" | "final" | "uncertain";
  /** With `delay`: not before this many milliseconds. */
  readonly afterMs: number;

  constructor(
    outcome: DeliveryError["outcome"],
    message: string,
    more: { afterMs?: number; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.outcome = outcome;
    this.afterMs = more.afterMs ?? 0;
  }
}

/** The words of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
