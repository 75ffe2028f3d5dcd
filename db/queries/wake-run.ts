import type { RunStatus } from "../../src/events.ts";
import type { Query } from "../client.ts";

export type Wake = { runId: string; jobId: string };

/**
 * Makes a run ready for a worker, where it is in one of `from`, and names the job to add once this is committed.
 * Each wake-up has a job id of its own: BullMQ ignores an id that is still active, and the wake-up would be lost.
 */
export async function wakeRun(sql: Query, runId: string, from: RunStatus[]): Promise<Wake | null> {
  const [row] = await sql<{ wake: number }[]>`
    update runs set status = 'queued', wake = wake + 1, queued_at = now(), updated_at = now()
    where id = ${runId} and status = any(${from}) returning wake`;
  return row ? { runId, jobId: jobId(runId, row.wake) } : null;
}

export function jobId(runId: string, wake: number): string {
  return `${runId}-${wake}`;
}
