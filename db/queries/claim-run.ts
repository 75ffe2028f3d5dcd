import type { Sql } from "../client.ts";
import type { Run } from "../schema/runs.ts";
import type { SessionSettings } from "../schema/sessions.ts";
import { releaseLease } from "./leases.ts";

export type Claim = Run & {
  fence: number;
  place: string;
  owner: string;
  sessionSettings: SessionSettings;
  sessionTaint: Record<string, string>;
};

type Unclaimed = { id: null; sessionId: string; fence: number };

/**
 * Takes a queued run for a worker, together with its session's lease.
 * Undefined where there is nothing to do: another run of the session executes or comes first, or it was taken.
 * An earlier run whose worker died still comes first: it is `running` until it is recovered.
 */
export async function claimRun(
  sql: Sql,
  runId: string,
  holder: string,
  leaseMs: number,
): Promise<Claim | undefined> {
  const [claim] = await sql<(Claim | Unclaimed)[]>`
    with me as (
      select r.id, r.session_id, r.position, s.settings->>'whileWaiting' as while_waiting
      from runs r join sessions s on s.id = r.session_id where r.id = ${runId} and r.status = 'queued'),
    blocked as (
      select 1 from me join runs o on o.session_id = me.session_id and o.finished_at is null and o.position < me.position
      where o.status in ('queued', 'running') or (o.status = 'waiting' and me.while_waiting = 'queue')),
    lease as (
      insert into leases (name, holder, fence, expires_at)
      select session_id, ${holder}, 1, clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      from me where not exists (select from blocked)
      on conflict (name) do update set holder = excluded.holder, fence = leases.fence + 1, expires_at = excluded.expires_at
      where leases.expires_at <= clock_timestamp()
      returning fence),
    taken as (
      update runs set status = 'running', attempt = attempt + 1, started_at = coalesce(started_at, now()), updated_at = now()
      from lease where id = ${runId} and status = 'queued' returning runs.*)
    select taken.*, lease.fence, me.session_id, s.place, s.owner, s.settings as session_settings, s.taint as session_taint
    from lease cross join me join sessions s on s.id = me.session_id left join taken on true`;
  if (!claim) return undefined;
  if (claim.id !== null) return claim;
  // The run ended or was stopped while the lease was waited for: nobody is to wait for a lease that nobody uses.
  await releaseLease(sql, claim.sessionId, claim.fence);
  return undefined;
}
