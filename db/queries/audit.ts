import type { Query } from "../client.ts";

export type AuditEntry = {
  action: string;
  actor?: string | null;
  approvalId?: string | null;
  runId?: string | null;
  digest?: string | null;
  detail?: Record<string, unknown>;
};

/** Adds a row to the audit. In the transaction of what it tells of, so that neither is there without the other. */
export async function writeAudit(sql: Query, entry: AuditEntry): Promise<void> {
  await sql`
    insert into audit (action, actor, approval_id, run_id, digest, detail)
    values (${entry.action}, ${entry.actor ?? null}, ${entry.approvalId ?? null}, ${entry.runId ?? null},
      ${entry.digest ?? null}, ${JSON.stringify(entry.detail ?? {})}::text::json)`;
}
