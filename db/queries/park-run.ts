import { LeaseLostError } from "../../src/errors.ts";
import type { Outbound } from "../../src/events.ts";
import type { Sql } from "../client.ts";
import type { Held } from "./append-events.ts";
import type { Ended } from "./end-run.ts";

/**
 * Lets a run go without ending it: `waiting` for humans, or `queued` for another worker. The session's lease is
 * released with it, and its fence grows. Where an approval was decided meanwhile, or a stop asked for, a waiting run is queued at once, so
 * that nothing is slept through. Throws LeaseLostError where another has taken over.
 */
export async function parkRun(
  sql: Sql,
  held: Held,
  runId: string,
  status: "waiting" | "queued",
  approvals: string[],
  events: Outbound[],
): Promise<Ended & { status: "waiting" | "queued" }> {
  const rows = events.map((event) => JSON.stringify(event));
  const row = await sql.begin(async (tx) => {
    // Decisions lock approvals before runs; so does this, or the two would wait for each other.
    const open = await tx`
      select id from approvals where id = any(${approvals}) and status = 'pending' for share`;
    const decided = open.length < approvals.length;
    const [parked] = await tx<(Ended & { status: "waiting" | "queued" })[]>`
      with held as (select 1 from leases where name = ${held.name} and fence = ${held.fence} for update),
      parked as (
        update runs set status = case when ${decided} or stop_requested is not null then 'queued' else ${status} end, queued_at = now(), updated_at = now(), last_seq = last_seq + ${rows.length},
          wake = wake + 1, recoveries = 0
        where id = ${runId} and finished_at is null and exists (select from held) returning status, last_seq, session_id, position),
      journaled as (
        insert into run_events (run_id, seq, event)
        select ${runId}, parked.last_seq - ${rows.length} + e.n, e.event::json
        from parked, unnest(${rows}::text[]) with ordinality as e(event, n)),
      active as (
        update sessions s set last_active_at = now() from parked where s.id = parked.session_id),
      released as (
        update leases set expires_at = clock_timestamp(), fence = fence + 1
        where name = ${held.name} and fence = ${held.fence} and exists (select from parked))
      select parked.status, parked.last_seq,
        case when parked.status = 'queued' then ${runId} else (
          select id from runs where session_id = parked.session_id and status = 'queued' and id <> ${runId}
          order by position limit 1) end as next
      from parked`;
    return parked;
  });
  if (!row)
    throw new LeaseLostError(
      `Cannot park ${runId}: another worker has taken over, or it was deleted`,
    );
  return row;
}
