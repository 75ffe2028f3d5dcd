import type { Sql } from "#db/client.ts";
import { markHandled, placesLeftOver, takeLeftOver } from "#db/queries/inbox.ts";
import { messageOf } from "../errors.ts";
import type { Place } from "../events.ts";
import type { Log } from "../log.ts";
import { clean, shorten } from "../text.ts";
import { HANDLE_MS, type Handle, handleStored } from "./handle-inbound.ts";
import { holdLease } from "./hold-lease.ts";

export type SweepInboxOptions = {
  sql: Sql;
  handle: Handle;
  log: Log;
  /** Names this process. */
  holder: string;
  /** What is unhandled for so long is left over; more than a handling may take. In ms: 30,000. */
  olderThanMs?: number;
  /** The first one, by `receive`, included: 5. */
  maxAttempts?: number;
};

/**
 * Handles the events whose handling died, those of a place in the order in which they came, and gives how many it
 * has handled. One sweeper at a time works on a place, by the lease `inbox:<place>`. An event that fails is tried again
 * at the next sweep, and what came after it at its place waits; at the last attempt it is marked as failed.
 */
export async function sweepInbox(options: SweepInboxOptions, signal: AbortSignal): Promise<number> {
  let handled = 0;
  for (const place of await placesLeftOver(options.sql, options.olderThanMs ?? 30_000)) {
    if (signal.aborted) break;
    handled += await sweepPlace(options, place, signal);
  }
  return handled;
}

async function sweepPlace(
  options: SweepInboxOptions,
  place: Place,
  stop: AbortSignal,
): Promise<number> {
  const { sql, log, holder, olderThanMs = 30_000, maxAttempts = 5 } = options;
  await using held = await holdLease(sql, `inbox:${place}`, holder);
  if (held === undefined) return 0;
  for (let handled = 0; ; ) {
    if (stop.aborted || held.signal.aborted) return handled;
    const left = await takeLeftOver(sql, place, olderThanMs);
    if (left === undefined) return handled;
    const { key, inbound, attempts } = left;
    try {
      // More attempts than there are: those before ended with their process.
      if (attempts > maxAttempts) throw new Error("Handling it ends the process");
      const time = AbortSignal.any([stop, held.signal, AbortSignal.timeout(HANDLE_MS)]);
      await handleStored(options, inbound, time);
      handled += 1;
    } catch (error) {
      if (stop.aborted || held.signal.aborted) return handled;
      const fields = { key, kind: inbound.kind, attempts, error };
      if (attempts < maxAttempts) {
        log.warn(fields, "an event could not be handled; it is tried again");
        return handled;
      }
      log.error(fields, "an event is given up");
      await markHandled(sql, key, shorten(clean(`failed: ${messageOf(error)}`), 1000));
    }
  }
}
