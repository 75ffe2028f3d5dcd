import { jobId } from "#db/queries/wake-run.ts";
import { climbLadders } from "../approvals/climb-ladder.ts";
import { addJob, type Core, TOPICS } from "./core.ts";

export type Recovered = { requeued: number; readded: number; climbed: number; closed: number };

/** How long a run may stay queued before a job is added for it again, and how many rows one round looks at. */
const QUEUED_MS = 2_000;
const ROWS = 500;

/**
 * One round of the janitor: everything that a crash, a lost Redis or a passing hour leaves to be done. Each step is a
 * compare-and-set, so any number of janitors may run.
 */
export async function recover(core: Core, sessionTtlSeconds: number): Promise<Recovered> {
  return {
    requeued: await requeueDead(core),
    readded: await addMissingJobs(core),
    climbed: await climb(core),
    closed: await closeSessions(core, sessionTtlSeconds),
  };
}

/**
 * Runs whose worker let its lease run out: made ready for another. Deaths count in a row: a call that came to its end
 * since the worker began is progress.
 */
async function requeueDead(core: Core): Promise<number> {
  const rows = await core.sql<{ id: string; wake: number }[]>`
    update runs r set status = 'queued', wake = wake + 1,
      recoveries = 1 + case when exists (
        select from run_events e where e.run_id = r.id and e.event->>'type' = 'tool.finished' and e.seq > (
          select max(b.seq) from run_events b where b.run_id = r.id and b.event->>'type' = 'run.started')
      ) then 0 else recoveries end, queued_at = now(), updated_at = now()
    from leases l where r.status = 'running' and l.name = r.session_id and l.expires_at <= clock_timestamp()
    returning r.id, r.wake`;
  await Promise.all(
    rows.map((row) => addJob(core, { runId: row.id, jobId: jobId(row.id, row.wake) })),
  );
  return rows.length;
}

/**
 * The first run of each session that stays queued though nothing holds it up: its job was lost, or taken by a worker
 * that died before it claimed the run. Under a new id, since the old job may look active for long; less and less
 * often (after 2, 6, 14, … s), since all workers may simply be busy. A job too many does nothing.
 */
async function addMissingJobs(core: Core): Promise<number> {
  const rows = await core.sql<{ id: string; wake: number }[]>`
    with heads as (
      select distinct on (r.session_id) r.id, r.wake from runs r join sessions s on s.id = r.session_id
      where r.finished_at is null and (r.status in ('queued', 'running')
        or (r.status = 'waiting' and s.settings->>'whileWaiting' = 'queue'))
      order by r.session_id, r.position)
    update runs r set wake = r.wake + 1, updated_at = now() from heads
    where r.id in (
      select r.id from heads join runs r on r.id = heads.id and r.wake = heads.wake
      where r.status = 'queued'
        and now() - r.updated_at > r.updated_at - r.queued_at + ${QUEUED_MS} * interval '1 millisecond'
        and not exists (select from leases l where l.name = r.session_id and l.expires_at > clock_timestamp())
      order by r.updated_at limit ${ROWS} for update of r skip locked)
      and r.id = heads.id
    returning r.id, r.wake`;
  await Promise.all(
    rows.map((row) => addJob(core, { runId: row.id, jobId: jobId(row.id, row.wake) })),
  );
  return rows.length;
}

/** Reminders, escalations and expiries that are due. */
async function climb(core: Core): Promise<number> {
  const climbed = await climbLadders(core.sql, core.clock());
  for (const { runId, sessionId, wake } of climbed) {
    core.announcements.publish(TOPICS.journal, { runId, sessionId });
    await addJob(core, wake);
  }
  return climbed.length;
}

/** Sessions nobody used for their time are closed; none while a run of theirs executes or waits. */
async function closeSessions(core: Core, ttlSeconds: number): Promise<number> {
  const closed = await core.sql`
    update sessions s set status = 'closed', closed_at = now()
    where status = 'open' and coalesce(ttl_seconds, ${ttlSeconds}) > 0
      and (ttl_seconds is not null or starts_with(place, 'api:'))
      and last_active_at < now() - coalesce(ttl_seconds, ${ttlSeconds}) * interval '1 second'
      and not exists (select from runs r where r.session_id = s.id and r.finished_at is null)`;
  return closed.count;
}
