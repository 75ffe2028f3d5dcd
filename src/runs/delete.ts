import type { Query } from "#db/client.ts";
import { writeAudit } from "#db/queries/audit.ts";
import { wakeRun } from "#db/queries/wake-run.ts";
import { addJob, type Core, TOPICS } from "./core.ts";

/**
 * Deletes a run with everything that hangs on it: journal, approvals, ledger, transcript, checkpoints. A worker that
 * executes it finds nothing to write to and lets go; a tool that is under way is told to abort.
 */
export async function deleteRun(core: Core, runId: string): Promise<void> {
  const next = await core.sql.begin(async (tx) => {
    await tx`select id from approvals where run_id = ${runId} order by id for update`;
    const [gone] = await tx<
      { sessionId: string }[]
    >`delete from runs where id = ${runId} returning session_id`;
    await deleteCheckpoints(tx, [runId]);
    const [first] = await tx<{ id: string }[]>`
      select id from runs where session_id = ${gone?.sessionId ?? null} and status = 'queued' order by position limit 1`;
    await writeAudit(tx, { action: "run.deleted", runId });
    return first?.id ?? null;
  });
  core.announcements.publish(TOPICS.attention, { runId });
  if (next !== null) await addJob(core, await wakeRun(core.sql, next, ["queued"]));
}

/** Deletes a session and all its runs. */
export async function deleteSession(core: Core, sessionId: string): Promise<void> {
  const runs = await core.sql.begin(async (tx) => {
    await tx`select id from approvals where session_id = ${sessionId} order by id for update`;
    const runs = await tx<{ id: string }[]>`select id from runs where session_id = ${sessionId}`;
    const ids = runs.map((run) => run.id);
    await tx`delete from sessions where id = ${sessionId}`;
    await deleteCheckpoints(tx, ids);
    await tx`update leases set expires_at = clock_timestamp(), fence = fence + 1 where name = ${sessionId}`;
    await writeAudit(tx, { action: "session.deleted", detail: { session: sessionId, runs: ids } });
    return runs;
  });
  for (const { id } of runs) core.announcements.publish(TOPICS.attention, { runId: id });
}

async function deleteCheckpoints(tx: Query, runIds: string[]): Promise<void> {
  await tx`delete from checkpoints where thread_id = any(${runIds})`;
  await tx`delete from checkpoint_writes where thread_id = any(${runIds})`;
}
