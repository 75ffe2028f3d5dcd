/** `promise`, or a rejection that names `what` did not answer within `ms`. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  if (await settlesWithin(ms, promise)) return promise;
  throw new Error(`${what} did not answer within ${ms} ms`);
}

/** Whether `promise` is fulfilled or rejected within `ms`. Never rejects; what is late stays handled. */
export async function settlesWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
