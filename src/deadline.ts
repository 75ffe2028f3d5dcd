/** A time-out that can be taken back, unlike `AbortSignal.timeout`, which keeps what listens to it for its whole time. */
export type Deadline = { signal: AbortSignal; readonly over: boolean } & Disposable;

/** Aborts when `signal` does, or after `ms` with `over` set. Dispose of it when the work is done. */
export function deadline(signal: AbortSignal, ms: number): Deadline {
  const own = new AbortController();
  let over = false;
  const stop = () => own.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(() => {
    over = true;
    own.abort(new DOMException(`no result within ${ms / 1000} s`, "TimeoutError"));
  }, ms);
  return {
    signal: own.signal,
    get over() {
      return over;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    },
  };
}
