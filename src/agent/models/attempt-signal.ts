import { AsyncLocalStorage } from "node:async_hooks";

/**
 * The signal of the attempt that runs. An agent hands a model only the signal of the whole run, so the end of one
 * attempt (its time is over) reaches the request below by this way.
 */
const attempts = new AsyncLocalStorage<AbortSignal>();

export function withinAttempt<T>(signal: AbortSignal, call: () => T): T {
  return attempts.run(signal, call);
}

/** Call options whose `signal` also ends with the attempt. */
export function untilAttemptEnds<T extends { signal?: AbortSignal | undefined }>(options: T): T {
  const attempt = attempts.getStore();
  if (!attempt) return options;
  const signal = options.signal ? AbortSignal.any([options.signal, attempt]) : attempt;
  return { ...options, signal };
}
