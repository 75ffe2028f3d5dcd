import { appendEvents } from "#db/queries/append-events.ts";
import { type Wake, wakeRun } from "#db/queries/wake-run.ts";
import type { Run } from "#db/schema/runs.ts";
import { closeUndecided } from "../approvals/close-approval.ts";
import { RefusedError } from "../errors.ts";
import type { Actor } from "../events.ts";
import { addJob, type Core, TOPICS } from "./core.ts";

/**
 * Asks that a run ends. A run that has not begun ends at once; one that executes is aborted by its worker; one that
 * waits has its approvals withdrawn and is ended by the next worker, so that its open calls are answered.
 * A run that has ended stays as it is. Gives the run as it stands. Throws RefusedError not_found.
 */
export async function stopRun(
  core: Core,
  runId: string,
  by: Actor | null,
  reason = "stopped",
): Promise<Run> {
  const { run, wakes } = await core.sql.begin(async (tx) => {
    // Approvals are locked before runs, as decisions do: the other way round they would wait for each other.
    const pending = await tx<{ id: string }[]>`
      select id from approvals where run_id = ${runId} and status = 'pending' order by id for update`;
    const [run] = await tx<Run[]>`select * from runs where id = ${runId} for update`;
    if (!run) throw new RefusedError("not_found", `There is no run ${runId}`);
    if (run.finishedAt) return { run, wakes: [] };
    if (run.status === "queued" && run.attempt === 0) {
      const error = { code: "stopped", message: reason };
      const [ended] = await tx<Run[]>`
        update runs set status = 'stopped', error = ${error as never}::jsonb, finished_at = now(), updated_at = now()
        where id = ${runId} returning *`;
      const lastSeq = await appendEvents(tx, runId, [
        { type: "run.stopped", by, reason, done: [] },
      ]);
      return { run: { ...run, ...ended, lastSeq }, wakes: [] };
    }
    await tx`update runs set stop_requested = ${{ by, reason } as never}::jsonb where id = ${runId} and stop_requested is null`;
    const wakes: Wake[] = [];
    for (const { id } of pending) {
      const closed = await closeUndecided(tx, id, "withdrawn", by, core.clock());
      if (closed?.wake) wakes.push(closed.wake);
    }
    // It waits for what was decided a moment ago, or for what is asked for at this moment.
    const woken = wakes.length === 0 ? await wakeRun(tx, runId, ["waiting"]) : null;
    if (woken) wakes.push(woken);
    return { run, wakes };
  });
  core.announcements.publish(TOPICS.attention, { runId });
  core.announcements.publish(TOPICS.journal, { runId, sessionId: run.sessionId, seq: run.lastSeq });
  await Promise.all(wakes.map((wake) => addJob(core, wake)));
  return run;
}
