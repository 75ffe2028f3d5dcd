/** What postgres.js and Node.js call a connection that broke or was not made. */
const CODES = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** Classes of SQLSTATE: connection, transaction rollback (deadlock), resources (connections, disk), shutdown and start-up. */
const STATES = /^(?:08|40|53|57P)[0-9A-Z]+$/;

/**
 * Whether a statement failed because the database, or the way to it, was away: the same one may do later. It may also
 * have been done, where only its answer was lost.
 */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  const code = String(error.code);
  return CODES.has(code) || (code.length === 5 && STATES.test(code));
}
