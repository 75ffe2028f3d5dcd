import type { Query, Sql } from "#db/client.ts";
import { writeAudit } from "#db/queries/audit.ts";
import type { Approval } from "#db/schema/approvals.ts";
import { RefusedError } from "../errors.ts";
import type { Actor } from "../events.ts";

/**
 * Writes down that `actor` was shown all of the arguments that would run now. A surface calls it when the last page
 * was on the screen; `shown` is the digest of what that was, where it was not what this resolves with. An edit changes
 * the arguments, so they have to be shown again. RefusedError not_found, conflict.
 */
export async function recordView(
  sql: Sql,
  approvalId: string,
  actor: Actor,
  via: string,
  shown?: string,
): Promise<Approval> {
  return sql.begin(async (tx) => {
    const [approval] = await tx<Approval[]>`select * from approvals where id = ${approvalId}`;
    if (!approval) throw new RefusedError("not_found", `There is no approval ${approvalId}`);
    const digest = approval.editedDigest ?? approval.digest;
    if (shown !== undefined && shown !== digest)
      throw new RefusedError("conflict", `${approvalId} is not what was shown any more`);
    const added = await tx`
      insert into approval_views (approval_id, actor, digest) values (${approvalId}, ${actor}, ${digest})
      on conflict do nothing`;
    if (added.count > 0)
      await writeAudit(tx, {
        action: "approval.viewed",
        actor,
        approvalId,
        runId: approval.runId,
        digest,
        detail: { via },
      });
    return approval;
  });
}

/** Whether `actor` was shown all of what would run now. */
export async function hasSeen(sql: Query, approval: Approval, actor: Actor): Promise<boolean> {
  const rows = await sql`
    select 1 from approval_views
    where approval_id = ${approval.id} and actor = ${actor} and digest = ${approval.editedDigest ?? approval.digest}`;
  return rows.length > 0;
}
