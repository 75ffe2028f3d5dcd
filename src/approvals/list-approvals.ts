import type { Query } from "#db/client.ts";
import type { Approval } from "#db/schema/approvals.ts";
import { RefusedError } from "../errors.ts";
import type { Actor, ApprovalStatus } from "../events.ts";

export type { Approval };
export type OwnedApproval = Approval & { owner: Actor };

export type ApprovalFilter = {
  status?: ApprovalStatus;
  owner?: Actor;
  /** Only approvals of sessions whose owner's actor begins so. */
  ownerPrefix?: string;
  runId?: string;
  sessionId?: string;
  after?: string;
  limit: number;
};

/** Approvals, the oldest first; `after` is the id of the last one of the page before. */
export function listApprovals(sql: Query, filter: ApprovalFilter): Promise<OwnedApproval[]> {
  const { status, owner, ownerPrefix, runId, sessionId, after, limit } = filter;
  return sql<OwnedApproval[]>`
    select a.*, s.owner from approvals a join sessions s on s.id = a.session_id
    where true
      ${status === undefined ? sql`` : sql`and a.status = ${status}`}
      ${owner === undefined ? sql`` : sql`and s.owner = ${owner}`}
      ${ownerPrefix === undefined ? sql`` : sql`and starts_with(s.owner, ${ownerPrefix})`}
      ${runId === undefined ? sql`` : sql`and a.run_id = ${runId}`}
      ${sessionId === undefined ? sql`` : sql`and a.session_id = ${sessionId}`}
      ${after === undefined ? sql`` : sql`and a.id > ${after}`}
    order by a.id limit ${limit}`;
}

/** RefusedError not_found. */
export async function findApproval(sql: Query, id: string): Promise<OwnedApproval> {
  const [approval] = await sql<OwnedApproval[]>`
    select a.*, s.owner from approvals a join sessions s on s.id = a.session_id where a.id = ${id}`;
  if (!approval) throw new RefusedError("not_found", `There is no approval ${id}`);
  return approval;
}
