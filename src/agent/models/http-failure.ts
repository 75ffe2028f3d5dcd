/** What the libraries' many error classes have in common, read from an error or from what caused it. */
export type HttpFailure = {
  status?: number;
  /** A system or vendor code, e.g. `ECONNREFUSED`, `insufficient_quota`. */
  code?: string;
  headers?: Headers;
};

/** Reads `error` and its causes, the outermost value of each kind first. */
export function readHttpFailure(error: unknown): HttpFailure {
  const found: HttpFailure = {};
  let inner = error;
  for (let depth = 0; depth < 8 && typeof inner === "object" && inner !== null; depth++) {
    const { status, status_code, code, headers } = inner as Record<string, unknown>;
    const answered = status ?? status_code;
    if (found.status === undefined && typeof answered === "number") found.status = answered;
    if (found.code === undefined && typeof code === "string") found.code = code;
    if (found.headers === undefined && headers instanceof Headers) found.headers = headers;
    inner =
      inner instanceof AggregateError ? inner.errors[0] : (inner as { cause?: unknown }).cause;
  }
  return found;
}

/** How long the server asks us to wait, in ms: `Retry-After-Ms`, or `Retry-After` in seconds or as a date. */
export function retryAfterMs(headers: Headers | undefined, now = Date.now()): number | undefined {
  const exact = Number(headers?.get("retry-after-ms") ?? Number.NaN);
  if (exact >= 0) return exact;
  const given = headers?.get("retry-after");
  if (!given) return undefined;
  const ms = Number.isNaN(Number(given)) ? Date.parse(given) - now : Number(given) * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
