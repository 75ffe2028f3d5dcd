import type { ModelError } from "../../errors.ts";
import { readHttpFailure, retryAfterMs } from "./http-failure.ts";

/** A server that asks for a longer wait than this is not waited for. */
const LONGEST_WAIT_MS = 20_000;
const FIRST_WAIT_MS = 300;

/**
 * How long to wait before the same model is tried again, ms; undefined when trying again would not help.
 * `attempt` counts from 0, `error` is what became of `thrown`, `random` is in [0, 1).
 */
export function waitBefore(
  attempt: number,
  error: ModelError,
  thrown: unknown,
  random: () => number = Math.random,
): number | undefined {
  const { status = 0, code, headers } = readHttpFailure(thrown);
  const again =
    status === 429 ||
    status === 408 ||
    status >= 500 ||
    error.code === "model_unreachable" ||
    error.code === "model_empty";
  if (!again || code === "insufficient_quota") return undefined;
  const asked = retryAfterMs(headers) ?? 0;
  if (asked > LONGEST_WAIT_MS) return undefined;
  return Math.max(asked, FIRST_WAIT_MS * 2 ** attempt * (0.5 + random() / 2));
}
