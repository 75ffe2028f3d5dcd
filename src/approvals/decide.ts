import type { Query, Sql } from "#db/client.ts";
import { appendEvents } from "#db/queries/append-events.ts";
import { type AuditEntry, writeAudit } from "#db/queries/audit.ts";
import { wakeRun } from "#db/queries/wake-run.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { FieldError } from "../adapter.ts";
import { RefusedError } from "../errors.ts";
import type { Actor, Language, Review } from "../events.ts";
import { clean } from "../text.ts";
import { toCard } from "./card.ts";
import { mayDecide, type Rule } from "./policy.ts";
import { seal } from "./seal.ts";

/** Checks arguments by a tool's JSON Schema, filling in its defaults; handed in. */
export type CheckArgs = (
  schema: Record<string, unknown>,
  args: unknown,
) => { ok: true; args: Record<string, unknown> } | { ok: false; errors: FieldError[] };

export type Decision = {
  approvalId: string;
  actor: Actor;
  review: Review;
  /** The digest of the card that the person looked at; a decision about anything else is refused. */
  digest?: string;
  /** Where it came from, for the audit: `api`, `original`, `slack`, … */
  via: string;
};

export type Decided = { approval: Approval; wake: { runId: string; jobId: string } | null };

const STATUS_OF = {
  accept: "accepted",
  edit: "edited",
  respond: "responded",
  reject: "rejected",
} as const;

/**
 * The one decision function, whatever the path: who may, on what, once.
 *
 * Compare-and-set under the row's lock; journal, audit and the run's wake-up in the same transaction. The caller
 * adds the job that `wake` names after this resolves. Refusals are audited too.
 * Throws RefusedError: not_found; conflict (decided, expired, or not what was shown; `details` say by whom);
 * forbidden; invalid (review type not allowed, arguments that fail the tool's schema, by field).
 */
export async function decide(sql: Sql, checkArgs: CheckArgs, decision: Decision): Promise<Decided> {
  const review = clean(decision.review);
  let refusal: AuditEntry | undefined;
  try {
    return await sql.begin(async (tx) => {
      const [approval] = await tx<
        Approval[]
      >`select * from approvals where id = ${decision.approvalId} for update`;
      if (!approval)
        throw new RefusedError("not_found", `There is no approval ${decision.approvalId}`);
      try {
        return await apply(tx, approval, checkArgs, { ...decision, review });
      } catch (error) {
        if (error instanceof RefusedError)
          refusal = {
            action: "decision.refused",
            actor: decision.actor,
            approvalId: approval.id,
            runId: approval.runId,
            digest: approval.digest,
            detail: { type: review.type, via: decision.via, code: error.code },
          };
        throw error;
      }
    });
  } catch (error) {
    const refused = refusal;
    if (refused) await sql.begin((tx) => writeAudit(tx, refused));
    throw error;
  }
}

async function apply(
  tx: Query,
  approval: Approval,
  checkArgs: CheckArgs,
  decision: Decision,
): Promise<Decided> {
  const { review, actor } = decision;
  if (!mayDecide(approval.rule as Rule, actor, approval.requester))
    throw new RefusedError("forbidden", `${actor} may not decide ${approval.id}`);
  refuseDecided(approval);
  if (decision.digest !== undefined && decision.digest !== approval.digest)
    throw new RefusedError(
      "conflict",
      `${approval.id} is not what was shown: its digest is ${approval.digest}`,
    );
  if (!approval.allowed.includes(review.type))
    throw new RefusedError("invalid", `${approval.id} can't be answered with "${review.type}"`, {
      fields: [{ path: "/type", message: `should be one of ${approval.allowed.join(", ")}` }],
    });

  const edited = review.type === "edit" ? sealEdited(approval, checkArgs, review.args) : null;
  const note =
    review.type === "respond" || review.type === "reject" ? (review.message ?? null) : null;
  const decided = await close(tx, approval, STATUS_OF[review.type], { actor, note, edited });
  await writeAudit(tx, {
    action: "approval.decided",
    actor,
    approvalId: approval.id,
    runId: approval.runId,
    digest: decided.approval.editedDigest ?? approval.digest,
    detail: { type: review.type, via: decision.via, note, edited_args: edited?.text ?? null },
  });
  return decided;
}

function refuseDecided(approval: Approval): void {
  const expired = approval.expiresAt !== null && approval.expiresAt.getTime() <= Date.now();
  if (approval.status === "pending" && !expired) return;
  const by = approval.decidedBy ?? null;
  const status = approval.status === "pending" ? "expired" : approval.status;
  throw new RefusedError(
    "conflict",
    `${approval.id} is ${status} already${by === null ? "" : `, by ${by}`}`,
    {
      details: { status, decided_by: by, decided_at: approval.decidedAt?.toISOString() ?? null },
    },
  );
}

function sealEdited(approval: Approval, checkArgs: CheckArgs, args: Record<string, unknown>) {
  const checked = checkArgs(approval.parameters, args);
  if (checked.ok) return seal(approval.tool, approval.toolVersion, checked.args);
  const words = checked.errors.map((error) => `${error.path || "/"}: ${error.message}`).join("; ");
  throw new RefusedError("invalid", `The arguments for ${approval.tool} are not right. ${words}`, {
    fields: checked.errors.map((error) => ({ ...error, path: `/args${error.path}` })),
  });
}

/** Ends a pending approval nobody decided: its time is over, or the requester took it back. Undefined: it was decided. */
export async function closeUndecided(
  tx: Query,
  approvalId: string,
  status: "expired" | "withdrawn",
  actor: Actor | null,
): Promise<Decided | undefined> {
  const [approval] = await tx<Approval[]>`
    select * from approvals where id = ${approvalId} and status = 'pending' for update`;
  if (!approval) return undefined;
  const closed = await close(tx, approval, status, { actor, note: null, edited: null });
  await writeAudit(tx, {
    action: `approval.${status}`,
    actor,
    approvalId,
    runId: approval.runId,
    digest: approval.digest,
  });
  return closed;
}

async function close(
  tx: Query,
  approval: Approval,
  status: Exclude<Approval["status"], "pending">,
  by: { actor: Actor | null; note: string | null; edited: { text: string; digest: string } | null },
): Promise<Decided> {
  const [closed] = await tx<Approval[]>`
    update approvals set status = ${status}, decided_by = ${by.actor}, decided_at = now(), note = ${by.note},
      edited_args = ${by.edited?.text ?? null}, edited_digest = ${by.edited?.digest ?? null}
    where id = ${approval.id} and status = 'pending' returning *`;
  if (!closed) throw new RefusedError("conflict", `${approval.id} is decided already`);
  await appendEvents(tx, approval.runId, [{ type: "approval.closed", card: toCard(closed) }]);
  return { approval: closed, wake: await wakeRun(tx, approval.runId, ["waiting"]) };
}

/** The words that the model reads about a call that did not run. */
export function answerFor(approval: Approval, language: Language): string {
  const words = language === "zh" ? ZH : EN;
  switch (approval.status) {
    case "responded":
      return `[answered] ${approval.note ?? ""}`;
    case "rejected":
      return `[rejected] ${words.rejected}${approval.note ? ` ${words.reason}${approval.note}` : ""}`;
    case "expired":
      return `[expired] ${words.expired}`;
    case "withdrawn":
      return `[withdrawn] ${words.withdrawn}`;
    default:
      throw new Error(`${approval.id} is ${approval.status}: its call is not answered but run`);
  }
}

const EN = {
  rejected: "A human rejected this call and it did not run. Do not try it again unless asked.",
  reason: "Reason: ",
  expired: "Nobody answered in time, so this call did not run.",
  withdrawn: "This call was withdrawn before anybody decided, so it did not run.",
};
const ZH = {
  rejected: "该工具调用被人工拒绝，没有执行。除非用户要求，请不要再次尝试。",
  reason: "原因：",
  expired: "无人在规定时间内答复，因此该调用没有执行。",
  withdrawn: "该调用在任何人决定之前被撤回，因此没有执行。",
};
