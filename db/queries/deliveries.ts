import { LeaseLostError } from "../../src/errors.ts";
import type { Outbound, Place } from "../../src/events.ts";
import type { Query } from "../client.ts";

/** The lease that a write is made under: it writes nothing once another holds it. */
export type UnderLease = { name: string; fence: number };

/** One part of one event at one place. */
export type PartKey = { runId: string; place: Place; seq: number; part: number };

export type DeliveryRow = {
  seq: number;
  part: number;
  state: "intended" | "delivered" | "final";
  platformId: string | null;
  more: boolean;
  data: Record<string, unknown>;
};

/** The parts of a run at a place, the last one first, `limit` of them. */
export function lastParts(
  sql: Query,
  runId: string,
  place: Place,
  limit: number,
): Promise<DeliveryRow[]> {
  return sql<DeliveryRow[]>`
    select seq, part, state, platform_id, more, data from deliveries
    where run_id = ${runId} and place = ${place}
    order by seq desc, part desc limit ${limit}`;
}

/** Up to `count` journal rows of a run after `seq`, in order. */
export function eventsAfter(
  sql: Query,
  runId: string,
  seq: number,
  count: number,
): Promise<{ seq: number; event: Outbound }[]> {
  return sql<{ seq: number; event: Outbound }[]>`
    select seq, event from run_events
    where run_id = ${runId} and seq > ${seq} and seq <= ${seq + count} order by seq`;
}

/**
 * Writes down that the platform is about to be asked. False: the run was deleted, and nothing may be shown of it.
 * As the others below, rejects with LeaseLostError where another holds the place.
 */
export async function intendPart(
  sql: Query,
  key: PartKey,
  nonce: string,
  lease: UnderLease,
): Promise<boolean> {
  return underLease(
    sql,
    lease,
    sql`insert into deliveries (run_id, place, seq, part, nonce, state)
      select d.run_id, d.place, ${key.seq}, ${key.part}, ${nonce}, 'intended'
      from destinations d, held
      where d.run_id = ${key.runId} and d.place = ${key.place}
      returning seq`,
  );
}

/**
 * Writes down what the platform has made of an intended part. With its last part the event counts as
 * delivered; with `ends` the destination is done.
 */
export async function settlePart(
  sql: Query,
  key: PartKey,
  outcome:
    | {
        state: "delivered";
        platformId: string | null;
        more: boolean;
        data: Record<string, unknown>;
      }
    | { state: "final"; error: string },
  ends: boolean,
  lease: UnderLease,
): Promise<void> {
  const isFinal = outcome.state === "final";
  const more = !isFinal && outcome.more;
  await underLease(
    sql,
    lease,
    sql`update deliveries set
        state = ${outcome.state},
        platform_id = ${isFinal ? null : outcome.platformId},
        more = ${more},
        data = ${JSON.stringify(isFinal ? {} : outcome.data)}::text::jsonb,
        error = ${isFinal ? outcome.error : null},
        delivered_at = now()
      from held
      where run_id = ${key.runId} and place = ${key.place}
        and seq = ${key.seq} and part = ${key.part} and state = 'intended'
      returning seq`,
    sql`update destinations set
        delivered = case when ${more} then delivered else settled.seq end,
        done = ${ends && !more},
        failures = 0,
        not_before = now(),
        last_error = ${isFinal ? outcome.error : null}
      from written settled
      where run_id = ${key.runId} and place = ${key.place}`,
  );
}

export type Postponement = {
  /** How often in a row the part could not be delivered. */
  failures: number;
  /** Not before so many milliseconds from now. */
  afterMs: number;
  error: string;
  /** The platform takes nothing at this place for so long: its other runs wait as well. */
  wholePlace: boolean;
  /** Nothing was posted: the intent goes, so that the event may still grow by what comes meanwhile. */
  withdraw: boolean;
};

/** Writes down that a part could not be delivered and is to be tried again. */
export async function postponePart(
  sql: Query,
  key: PartKey,
  { failures, afterMs, error, wholePlace, withdraw }: Postponement,
  lease: UnderLease,
): Promise<void> {
  await underLease(
    sql,
    lease,
    sql`update destinations set
        failures = case when run_id = ${key.runId} then ${failures} else failures end,
        last_error = case when run_id = ${key.runId} then ${error} else last_error end,
        not_before = greatest(not_before, clock_timestamp() + ${afterMs} * interval '1 millisecond')
      from held
      where place = ${key.place} and (run_id = ${key.runId} or (${wholePlace} and not done))
      returning run_id`,
    sql`delete from deliveries using written
      where ${withdraw} and deliveries.run_id = ${key.runId} and place = ${key.place}
        and seq = ${key.seq} and part = ${key.part} and state = 'intended'`,
  );
}

/**
 * One statement that writes only while the lease is held: it locks the lease's row, so that nobody takes it over in
 * between. `write` reads from `held`, `then` from what `write` returns, as `written`. False: it wrote nothing.
 */
async function underLease(
  sql: Query,
  lease: UnderLease,
  write: ReturnType<Query>,
  then: ReturnType<Query> = sql`select 1`,
): Promise<boolean> {
  const [row] = await sql<{ held: boolean; wrote: boolean }[]>`
    with held as (select name from leases where name = ${lease.name} and fence = ${lease.fence} for share),
      written as (${write}),
      after as (${then})
    select exists (select from held) as held, exists (select from written) as wrote`;
  if (row?.held) return row.wrote;
  throw new LeaseLostError(`Cannot write under "${lease.name}": another worker has taken over`);
}
