import type { Query, Sql } from "#db/client.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { Run } from "#db/schema/runs.ts";
import type { StoredMessage } from "../message.ts";

/** What the original routes show of a run, before it is put into their words. */
export type OriginalStanding =
  | { kind: "none" }
  | { kind: "waiting"; approval: Approval }
  | { kind: "completed"; messages: StoredMessage[] }
  | { kind: "failed"; message: string };

/**
 * How a run stands for a client that knows one approval at a time. Where it waits, the oldest open approval is
 * noted as shown, since the original resume may decide only that. While it goes on, what was shown last stays.
 */
export async function originalStanding(sql: Sql, run: Run): Promise<OriginalStanding> {
  if (run.status === "completed")
    return { kind: "completed", messages: await messagesOf(sql, run.id) };
  if (run.finishedAt) return { kind: "failed", message: run.error?.message ?? run.status };
  if (run.status === "waiting") {
    const approval = await showNext(sql, run);
    if (approval) return { kind: "waiting", approval };
  }
  const [shown] = await sql<Approval[]>`select * from approvals where id = ${run.shownApproval}`;
  return shown ? { kind: "waiting", approval: shown } : { kind: "none" };
}

async function showNext(sql: Query, run: Run): Promise<Approval | undefined> {
  const [approval] = await sql<Approval[]>`
    select * from approvals where run_id = ${run.id} and status = 'pending' order by id limit 1`;
  if (approval && approval.id !== run.shownApproval)
    await sql`update runs set shown_approval = ${approval.id} where id = ${run.id}`;
  return approval;
}

/** The run's messages from its last human message on. */
async function messagesOf(sql: Query, runId: string): Promise<StoredMessage[]> {
  const rows = await sql<
    { body: StoredMessage }[]
  >`select body from messages where run_id = ${runId} order by idx`;
  const all = rows.map((row) => row.body);
  const from = all.findLastIndex((message) => message.type === "human");
  return all.slice(Math.max(from, 0));
}
