import type { OpenDestination } from "#db/queries/destinations.ts";

/** So many failures in a row, and a run no longer keeps those behind it waiting. */
export const STUCK_AFTER = 8;

/**
 * Whose turn it is at a place, of its open destinations in their order; or how long nobody's, in ms; or undefined
 * where there are none.
 *
 * The first one goes first, and where it has to wait so do those behind it: a rate limit or a fault is the
 * place's, and people read in order. Only one that is stuck lets the others pass, until its own time comes.
 */
export function nextTurn(
  open: readonly OpenDestination[],
): { turn: OpenDestination } | { waitMs: number } | undefined {
  let waitMs = Number.POSITIVE_INFINITY;
  for (const destination of open) {
    if (destination.waitMs <= 0) return { turn: destination };
    waitMs = Math.min(waitMs, destination.waitMs);
    if (destination.failures < STUCK_AFTER) break;
  }
  return open.length === 0 ? undefined : { waitMs };
}
