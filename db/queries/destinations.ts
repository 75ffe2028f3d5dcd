import type { Language, Place } from "../../src/events.ts";
import type { Query } from "../client.ts";

/** An open destination that has journal rows to deliver. Times are the server's. */
export type OpenDestination = {
  runId: string;
  place: Place;
  /** Every journal row up to this sequence number is delivered. */
  delivered: number;
  /** The run's, for people to read. */
  language: Language;
  /** How often in a row its next part could not be delivered. */
  failures: number;
  /** Not before so many milliseconds from now; 0 or less: now. */
  waitMs: number;
};

/**
 * From now on the run's journal is delivered to `place`, from its first row. A second time does nothing.
 * In the transaction of the submit, so that there is no run that people at its place never hear of.
 */
export async function addDestination(sql: Query, runId: string, place: Place): Promise<void> {
  await sql`
    insert into destinations (run_id, place) values (${runId}, ${place}) on conflict do nothing`;
}

/**
 * The open destinations of a place that have something to deliver, in the order in which they take their turns:
 * one with an event of which some parts are out, then by the time of their next journal row.
 */
export function openDestinations(sql: Query, place: Place): Promise<OpenDestination[]> {
  return sql<OpenDestination[]>`
    select d.run_id, d.place, d.delivered, r.language, d.failures,
      (extract(epoch from d.not_before - clock_timestamp()) * 1000)::float8 as wait_ms
    from destinations d
    join runs r on r.id = d.run_id
    join run_events next on next.run_id = d.run_id and next.seq = d.delivered + 1
    where d.place = ${place} and not d.done
    order by not exists (
        select from deliveries p where p.run_id = d.run_id and p.place = d.place
          and p.seq > d.delivered and p.state = 'delivered'
      ), next.at, r.position`;
}

/** The places on `platforms` where something waits that may be delivered now. */
export async function placesToServe(sql: Query, platforms: string[]): Promise<Place[]> {
  const rows = await sql<{ place: Place }[]>`
    select distinct d.place from destinations d
    where not d.done and d.not_before <= clock_timestamp()
      and split_part(d.place, ':', 1) = any(${platforms})
      and exists (select from run_events e where e.run_id = d.run_id and e.seq = d.delivered + 1)`;
  return rows.map(({ place }) => place);
}

/** The places on `platforms` that show one of these runs. */
export async function placesOfRuns(
  sql: Query,
  runIds: string[],
  platforms: string[],
): Promise<Place[]> {
  const rows = await sql<{ place: Place }[]>`
    select distinct place from destinations
    where run_id = any(${runIds}) and not done
      and split_part(place, ':', 1) = any(${platforms})`;
  return rows.map(({ place }) => place);
}
