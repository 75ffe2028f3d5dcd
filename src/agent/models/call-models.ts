import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError, LeaseLostError, ModelError, RefusedError } from "../../errors.ts";
import { withinAttempt } from "./attempt-signal.ts";
import type { NamedModel } from "./named-model.ts";
import { toModelError } from "./to-model-error.ts";
import { waitBefore } from "./wait-before.ts";

type CallOptions = {
  /** How long a model may be silent, ms. `alive()` starts it anew, e.g. at each chunk. */
  timeoutMs: number;
  /** How often one model is tried again. */
  retries?: number;
  signal?: AbortSignal;
  onFailure?(name: string, error: ModelError, next: "retry" | "fallback" | "give up"): void;
};

type ModelCall<T> = (model: NamedModel, signal: AbortSignal, alive: () => void) => Promise<T>;

/**
 * Calls the first model that answers, in order. Each is tried again, after a growing and jittered pause or what
 * Retry-After says, when it is rate limited, fails with 408 or 5xx, breaks off or answers nothing; a wrong key, an
 * unknown model, a refused request or silence is left to the next model at once.
 * Rejects with the last ModelError, or with the reason of `signal` as it is, at once.
 */
export async function callWithFallback<T>(
  models: NamedModel[],
  call: ModelCall<T>,
  options: CallOptions,
): Promise<T> {
  const { retries = 2, signal, onFailure } = options;
  let last = new ModelError("model_unknown", "There is no model to call");
  for (const [index, model] of models.entries()) {
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return await callOnce(model, call, options);
      } catch (error) {
        signal?.throwIfAborted();
        if (isOurs(error)) throw error;
        last = toModelError(error, model);
        const waitMs = attempt < retries ? waitBefore(attempt, last, error) : undefined;
        if (waitMs === undefined) {
          onFailure?.(model.name, last, index + 1 < models.length ? "fallback" : "give up");
          break;
        }
        onFailure?.(model.name, last, "retry");
        await pause(waitMs, signal);
      }
    }
  }
  throw last;
}

/** One attempt. What the call leaves running when it is aborted no longer matters to anybody. */
async function callOnce<T>(
  model: NamedModel,
  call: ModelCall<T>,
  { timeoutMs, signal }: CallOptions,
): Promise<T> {
  const own = new AbortController();
  const stop = () => own.abort(signal?.reason);
  const timeOut = () => {
    const seconds = timeoutMs / 1000;
    own.abort(new ModelError("model_timeout", `${model.name} said nothing for ${seconds} s`));
  };
  const aborted = new Promise<never>((_, reject) => {
    own.signal.addEventListener("abort", () => reject(own.signal.reason), { once: true });
  });
  signal?.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(timeOut, timeoutMs);
  try {
    const answer = withinAttempt(own.signal, () => call(model, own.signal, () => timer.refresh()));
    return await Promise.race([aborted, answer]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, { ...(signal && { signal }) }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}

/** Errors that are not the model's: they end the call as they are. */
function isOurs(error: unknown): boolean {
  return (
    error instanceof LeaseLostError || error instanceof RefusedError || error instanceof ConfigError
  );
}
