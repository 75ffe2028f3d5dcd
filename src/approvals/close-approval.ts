import type { Query } from "#db/client.ts";
import { appendEvents } from "#db/queries/append-events.ts";
import { writeAudit } from "#db/queries/audit.ts";
import { type Wake, wakeRun } from "#db/queries/wake-run.ts";
import type { Approval } from "#db/schema/approvals.ts";
import { RefusedError } from "../errors.ts";
import type { Actor } from "../events.ts";
import { cardOf } from "./card.ts";

/** The approval as it is now, and the job to add once this is committed. */
export type Decided = { approval: Approval; wake: Wake | null };

export type Closing = {
  status: Exclude<Approval["status"], "pending">;
  actor: Actor | null;
  note: string | null;
  at: Date;
};

/** Ends a pending approval: its row, its run's journal and wake-up. The caller adds the audit row, last. */
export async function closeApproval(
  tx: Query,
  approval: Approval,
  closing: Closing,
): Promise<Decided> {
  const [closed] = await tx<Approval[]>`
    update approvals set status = ${closing.status}, decided_by = ${closing.actor}, decided_at = ${closing.at}, note = ${closing.note}
    where id = ${approval.id} and status = 'pending' returning *`;
  if (!closed) throw new RefusedError("conflict", `${approval.id} is decided already`);
  await appendEvents(tx, approval.runId, [
    { type: "approval.closed", card: await cardOf(tx, closed) },
  ]);
  return { approval: closed, wake: await wakeRun(tx, approval.runId, ["waiting"]) };
}

/** Ends an approval that nobody decided: its time is over, or it was taken back. Undefined: it was decided before. */
export async function closeUndecided(
  tx: Query,
  approvalId: string,
  status: "expired" | "withdrawn",
  actor: Actor | null,
  at: Date,
): Promise<Decided | undefined> {
  const [approval] = await tx<Approval[]>`
    select * from approvals where id = ${approvalId} and status = 'pending' for update`;
  if (!approval) return undefined;
  const closed = await closeApproval(tx, approval, { status, actor, note: null, at });
  await writeAudit(tx, {
    action: `approval.${status}`,
    actor,
    approvalId,
    runId: approval.runId,
    digest: approval.digest,
  });
  return closed;
}
