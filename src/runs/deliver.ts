import { openDestinations } from "#db/queries/destinations.ts";
import type { Place } from "../events.ts";
import { type DeliverDeps, deliverPart } from "./deliver-part.ts";
import { holdLease } from "./hold-lease.ts";
import { nextTurn } from "./next-turn.ts";

export type DeliverPlaceDeps = DeliverDeps & {
  /** Names this worker. */
  holder: string;
  lease?: { ttlMs: number; renewMs: number };
};

/**
 * Delivers what waits for a place, part by part, until nothing does, `signal` aborts (the part under way is
 * finished) or the platform asks for patience. Gives the ms after which to come again, or undefined.
 *
 * One worker at a time serves a place, by the lease `place:<place>`; where another does, this one leaves it alone.
 * The runs that a place shows take turns event by event, in the order of their journals' times: an event's
 * parts stay together, and a run that waits for a human has no rows and so holds nobody up. Two answers do not
 * mix, since one run at a time writes in a session and a place shows its rows in the order they were written.
 */
export async function deliverPlace(
  deps: DeliverPlaceDeps,
  place: Place,
  signal: AbortSignal,
): Promise<number | undefined> {
  const name = `place:${place}`;
  await using held = await holdLease(deps.sql, name, deps.holder, deps.lease);
  if (held === undefined) return undefined;
  while (!signal.aborted) {
    held.signal.throwIfAborted();
    const next = nextTurn(await openDestinations(deps.sql, place));
    if (next === undefined) return undefined;
    if ("waitMs" in next) return next.waitMs;
    await deliverPart(deps, next.turn, { name, fence: held.fence }, held.signal);
  }
  return undefined;
}
