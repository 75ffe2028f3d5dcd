import type { Query } from "#db/client.ts";
import type { AuditRow } from "#db/schema/audit.ts";

export type AuditFilter = {
  action?: string;
  actor?: string;
  approvalId?: string;
  runId?: string;
  from?: Date;
  to?: Date;
  after?: number;
  limit: number;
};

export type { AuditRow };

/** Audit rows in the order of the chain, after row `after`. */
export function listAudit(sql: Query, filter: AuditFilter): Promise<AuditRow[]> {
  const { action, actor, approvalId, runId, from, to, after = 0, limit } = filter;
  return sql<AuditRow[]>`
    select * from audit where id > ${after}
      ${action === undefined ? sql`` : sql`and action = ${action}`}
      ${actor === undefined ? sql`` : sql`and actor = ${actor}`}
      ${approvalId === undefined ? sql`` : sql`and approval_id = ${approvalId}`}
      ${runId === undefined ? sql`` : sql`and run_id = ${runId}`}
      ${from === undefined ? sql`` : sql`and at >= ${from}`}
      ${to === undefined ? sql`` : sql`and at < ${to}`}
    order by id limit ${limit}`;
}
