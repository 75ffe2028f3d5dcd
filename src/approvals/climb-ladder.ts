import type { Sql } from "#db/client.ts";
import { appendEvents } from "#db/queries/append-events.ts";
import { writeAudit } from "#db/queries/audit.ts";
import type { Wake } from "#db/queries/wake-run.ts";
import type { Approval } from "#db/schema/approvals.ts";
import { cardOf } from "./card.ts";
import { closeUndecided } from "./close-approval.ts";

/** What a fired rung leaves to be done once it is committed. */
export type Climbed = { runId: string; sessionId: string; wake: Wake | null };

const ROWS = 500;

/**
 * Fires every rung that is due by `now`, each exactly once: the rung's row is taken by compare-and-set in the
 * transaction that writes what follows from it. What was due while nobody ran fires at the next round, in order; a
 * reminder that an escalation or the expiry has overtaken is not sent any more.
 */
export async function climbLadders(sql: Sql, now: Date): Promise<Climbed[]> {
  const due = await sql<{ approvalId: string }[]>`
    select distinct approval_id from (
      select s.approval_id, s.due_at from approval_steps s join approvals a on a.id = s.approval_id
      where s.fired_at is null and s.due_at <= ${now} and a.status = 'pending' order by s.due_at limit ${ROWS}) due`;
  const climbed: Climbed[] = [];
  for (const { approvalId } of due) {
    const result = await climb(sql, approvalId, now);
    if (result) climbed.push(result);
  }
  return climbed;
}

async function climb(sql: Sql, approvalId: string, now: Date): Promise<Climbed | undefined> {
  return sql.begin(async (tx) => {
    const [approval] = await tx<Approval[]>`
      select * from approvals where id = ${approvalId} and status = 'pending' for update`;
    if (!approval) return undefined;
    const fired = await tx<
      { step: number; kind: "remind" | "escalate" | "expire"; recipients: string[] }[]
    >`
      update approval_steps set fired_at = ${now}
      where approval_id = ${approvalId} and fired_at is null and due_at <= ${now}
      returning step, kind, recipients`;
    const { runId, sessionId } = approval;
    const last = fired.toSorted((a, b) => a.step - b.step).at(-1);
    if (!last) return undefined;
    if (fired.some((rung) => rung.kind === "expire")) {
      const closed = await closeUndecided(tx, approvalId, "expired", null, now);
      return { runId, sessionId, wake: closed?.wake ?? null };
    }
    const escalations = fired.filter((rung) => rung.kind === "escalate").length;
    const [raised] = await tx<Approval[]>`
      update approvals set stage = stage + ${escalations} where id = ${approvalId} returning *`;
    const card = await cardOf(tx, raised ?? approval);
    const kind = last.kind === "escalate" ? "approval.escalated" : "approval.reminded";
    await appendEvents(tx, runId, [{ type: kind, card, to: last.recipients }]);
    await writeAudit(tx, {
      action: kind,
      approvalId,
      runId,
      digest: approval.digest,
      detail: { to: last.recipients, step: last.step },
    });
    return { runId, sessionId, wake: null };
  });
}
