import type { Query } from "#db/client.ts";
import { appendEvents } from "#db/queries/append-events.ts";
import { writeAudit } from "#db/queries/audit.ts";
import type { Approval } from "#db/schema/approvals.ts";
import { RefusedError } from "../errors.ts";
import type { Actor } from "../events.ts";
import { cardOf, fitsCard, needsView } from "./card.ts";
import { closeApproval, type Decided } from "./close-approval.ts";
import type { CheckArgs, DecideDeps, Decision } from "./decide.ts";
import { createGrant, refuseGrant } from "./grants.ts";
import { hasSeen } from "./record-view.ts";
import type { Rule } from "./rule.ts";
import { type Sealed, seal } from "./seal.ts";

/**
 * What a review does to an approval, under its row's lock: a vote, an edit, an end. Refuses what is decided or
 * expired, not what was shown, not allowed, or not fully viewed (see `decide`).
 */
export async function applyReview(
  deps: DecideDeps,
  tx: Query,
  approval: Approval,
  decision: Decision,
): Promise<Decided> {
  const { review, actor } = decision;
  const now = deps.clock();
  refuseDecided(approval, now);
  const current = approval.editedDigest ?? approval.digest;
  if (decision.digest !== undefined && decision.digest !== current)
    throw new RefusedError(
      "conflict",
      `${approval.id} is not what was shown: its digest is now ${current}`,
    );
  const consents = review.type === "accept" || review.type === "edit";
  if (consents && decision.digest === undefined && approval.editedDigest !== null)
    throw new RefusedError(
      "conflict",
      `${approval.id} was edited by an approver: look at it again, its digest is now ${current}`,
    );
  if (!approval.allowed.includes(review.type))
    throw new RefusedError("invalid", `${approval.id} can't be answered with "${review.type}"`, {
      fields: [{ path: "/type", message: `should be one of ${approval.allowed.join(", ")}` }],
    });
  switch (review.type) {
    case "accept":
      await refuseUnviewed(tx, approval, actor);
      return consent(tx, approval, decision, "accept", null, now);
    case "edit": {
      const edited = sealEdited(approval, deps.checkArgs, review.args);
      // To edit one argument is to consent to the others, which may be as long as before.
      if (!fitsCard(edited.text)) await refuseUnviewed(tx, approval, actor);
      return consent(tx, approval, decision, "edit", edited, now);
    }
    case "respond":
      return end(tx, approval, decision, "responded", review.message, now);
    case "reject":
      return refuse(tx, approval, decision, review.message ?? null, now);
    default: {
      const never: never = review;
      throw new TypeError(`Unknown review ${JSON.stringify(never)}`);
    }
  }
}

/** One more person agrees to what would run: closed when enough have, else the card says who is still missing. */
async function consent(
  tx: Query,
  approval: Approval,
  decision: Decision,
  type: "accept" | "edit",
  edited: Sealed | null,
  now: Date,
): Promise<Decided> {
  const { quorum } = approval.rule as Rule;
  if (decision.grant) refuseGrant(approval);
  let current = approval;
  if (edited && edited.digest !== (approval.editedDigest ?? approval.digest)) {
    const [changed] = await tx<Approval[]>`
      update approvals set edited_args = ${edited.text}, edited_digest = ${edited.digest} where id = ${approval.id} returning *`;
    current = changed ?? approval;
    // What others agreed to is not what would run any more.
    await tx`delete from approval_votes where approval_id = ${approval.id} and type <> 'reject'`;
  }
  const votes = await vote(tx, current, decision, type, null, now);
  if (votes < quorum && decision.grant)
    throw new RefusedError("invalid", "A grant can be given with the last consent only", {
      fields: [{ path: "/grant", message: `should come with the last of ${quorum} consents` }],
    });
  if (votes < quorum) return pendingStill(tx, current, decision);
  const status = current.editedDigest === null ? "accepted" : "edited";
  const closed = await closeApproval(tx, current, {
    status,
    actor: decision.actor,
    note: null,
    at: now,
  });
  await audit(tx, closed.approval, decision, null);
  if (decision.grant) await createGrant(tx, closed.approval, decision.actor, decision.grant, now);
  return closed;
}

/** A rejection ends it, unless the rule says that one alone does not. */
async function refuse(
  tx: Query,
  approval: Approval,
  decision: Decision,
  note: string | null,
  now: Date,
): Promise<Decided> {
  const { quorum, oneRejectionEnds } = approval.rule as Rule;
  if (oneRejectionEnds) return end(tx, approval, decision, "rejected", note, now);
  const rejections = await vote(tx, approval, decision, "reject", note, now);
  return rejections >= quorum
    ? end(tx, approval, decision, "rejected", note, now)
    : pendingStill(tx, approval, decision);
}

async function end(
  tx: Query,
  approval: Approval,
  decision: Decision,
  status: "responded" | "rejected",
  note: string | null,
  now: Date,
): Promise<Decided> {
  const closed = await closeApproval(tx, approval, {
    status,
    actor: decision.actor,
    note,
    at: now,
  });
  await audit(tx, closed.approval, decision, note);
  return closed;
}

async function pendingStill(tx: Query, approval: Approval, decision: Decision): Promise<Decided> {
  await appendEvents(tx, approval.runId, [
    { type: "approval.voted", card: await cardOf(tx, approval) },
  ]);
  await audit(tx, approval, decision, null);
  return { approval, wake: null };
}

/** Adds a vote and counts those that stand for the same. One vote a person: it can be changed, not doubled. */
async function vote(
  tx: Query,
  approval: Approval,
  { actor }: Decision,
  type: "accept" | "edit" | "reject",
  note: string | null,
  now: Date,
): Promise<number> {
  const digest = approval.editedDigest ?? approval.digest;
  const added = await tx`
    insert into approval_votes (approval_id, actor, type, digest, note, at)
    values (${approval.id}, ${actor}, ${type}, ${digest}, ${note}, ${now})
    on conflict (approval_id, actor) do update set type = excluded.type, digest = excluded.digest, note = excluded.note, at = excluded.at
    where (approval_votes.type = 'reject') <> (excluded.type = 'reject') or approval_votes.digest <> excluded.digest`;
  if (added.count === 0)
    throw new RefusedError("conflict", `${actor} has voted on ${approval.id} already`);
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from approval_votes
    where approval_id = ${approval.id} and ${type === "reject" ? tx`type = 'reject'` : tx`type <> 'reject' and digest = ${digest}`}`;
  return row?.count ?? 0;
}

function audit(
  tx: Query,
  approval: Approval,
  { actor, via, review }: Decision,
  note: string | null,
): Promise<void> {
  return writeAudit(tx, {
    action: approval.status === "pending" ? "approval.voted" : "approval.decided",
    actor,
    approvalId: approval.id,
    runId: approval.runId,
    digest: approval.editedDigest ?? approval.digest,
    detail: {
      type: review.type,
      via,
      note,
      edited_args: review.type === "edit" ? approval.editedArgs : null,
    },
  });
}

async function refuseUnviewed(tx: Query, approval: Approval, actor: Actor): Promise<void> {
  if (!needsView(approval) || (await hasSeen(tx, approval, actor))) return;
  throw new RefusedError(
    "forbidden",
    `${approval.id} was not viewed in full by ${actor}; open all of it first`,
    { details: { reason: "view_required" } },
  );
}

function refuseDecided(approval: Approval, now: Date): void {
  const expired = approval.expiresAt !== null && approval.expiresAt <= now;
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

function sealEdited(
  approval: Approval,
  checkArgs: CheckArgs,
  args: Record<string, unknown>,
): Sealed {
  const checked = checkArgs(approval.parameters, args);
  if (checked.ok) return seal(approval.tool, approval.toolVersion, checked.args);
  const words = checked.errors.map((error) => `${error.path || "/"}: ${error.message}`).join("; ");
  throw new RefusedError("invalid", `The arguments for ${approval.tool} are not right. ${words}`, {
    fields: checked.errors.map((error) => ({ ...error, path: `/args${error.path}` })),
  });
}
