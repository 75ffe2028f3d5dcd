import { LeaseLostError } from "../../src/errors.ts";
import type { Outbound } from "../../src/events.ts";
import type { Query } from "../client.ts";

export type Held = { name: string; fence: number };

/**
 * Appends to a run's journal and gives the sequence number of the last row.
 * The run's row hands out the numbers, so they have no gaps whoever writes. With `held` nothing is written
 * unless that lease is still held (LeaseLostError); without it anybody may: a submit, a decision.
 */
export async function appendEvents(
  sql: Query,
  runId: string,
  events: Outbound[],
  held?: Held,
): Promise<number> {
  const rows = events.map((event) => JSON.stringify(event));
  const [row] = await sql<{ lastSeq: number }[]>`
    with held as (${held ? sql`select 1 from leases where name = ${held.name} and fence = ${held.fence} for share` : sql`select 1`}),
      numbered as (update runs set last_seq = last_seq + ${rows.length}, updated_at = now()
        where id = ${runId} and exists (select from held) returning last_seq),
      added as (insert into run_events (run_id, seq, event)
        select ${runId}, numbered.last_seq - ${rows.length} + e.n, e.event::json
        from numbered, unnest(${rows}::text[]) with ordinality as e(event, n))
    select last_seq from numbered`;
  if (row) return row.lastSeq;
  throw new LeaseLostError(
    `Cannot write to the journal of ${runId}: another worker has taken over, or it was deleted`,
  );
}
