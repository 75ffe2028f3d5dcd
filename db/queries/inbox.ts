import { addressParts, type Inbound } from "../../src/events.ts";
import type { Query } from "../client.ts";

/** Stores an event, with its first attempt begun. False: its key was there, so it is the same event. */
export async function storeInbound(sql: Query, inbound: Inbound): Promise<boolean> {
  const [platform = ""] = addressParts(inbound.place);
  const stored = await sql`
    insert into inbox (key, platform, inbound, attempts)
    values (${inbound.key}, ${platform}, ${JSON.stringify(inbound)}::text::json, 1)
    on conflict (key) do nothing`;
  return stored.count === 1;
}

/** `outcome`: what became of it, in words. */
export async function markHandled(sql: Query, key: string, outcome: string): Promise<void> {
  await sql`
    update inbox set handled_at = now(), outcome = ${outcome}
    where key = ${key} and handled_at is null`;
}

/** The places with an event that is unhandled `olderThanMs` after it came. */
export async function placesLeftOver(sql: Query, olderThanMs: number): Promise<string[]> {
  const rows = await sql<{ place: string }[]>`
    select inbound ->> 'place' as place from inbox
    where handled_at is null
      and received_at < clock_timestamp() - ${olderThanMs} * interval '1 millisecond'
    group by 1 order by min(received_at)`;
  return rows.map(({ place }) => place);
}

export type LeftOver = { key: string; inbound: Inbound; attempts: number };

/** Begins another attempt at the oldest event of a place that is unhandled `olderThanMs` after it came. */
export async function takeLeftOver(
  sql: Query,
  place: string,
  olderThanMs: number,
): Promise<LeftOver | undefined> {
  const [row] = await sql<LeftOver[]>`
    update inbox set attempts = attempts + 1
    where key = (
      select key from inbox
      where handled_at is null and inbound ->> 'place' = ${place}
        and received_at < clock_timestamp() - ${olderThanMs} * interval '1 millisecond'
      order by received_at, key limit 1)
      and handled_at is null
    returning key, inbound, attempts`;
  return row;
}
