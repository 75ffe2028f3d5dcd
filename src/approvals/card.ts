import type { Query } from "#db/client.ts";
import type { ApprovalVote } from "#db/schema/approval-votes.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { Card, ReviewType } from "../events.ts";
import { isGrantable } from "./grants.ts";
import type { Rule } from "./rule.ts";

const TYPE_OF: Partial<Record<Approval["status"], ReviewType>> = {
  accepted: "accept",
  edited: "edit",
  responded: "respond",
  rejected: "reject",
};

/** How many characters of arguments every surface can show on the card itself. */
const SHOWN_WHOLE = 2_500;

/** Whether the arguments are too long for a card, so that Accept needs their full view first. */
export function needsView(approval: Pick<Approval, "args" | "editedArgs">): boolean {
  return !fitsCard(approval.editedArgs ?? approval.args);
}

/** Whether every surface can show arguments, as canonical JSON, on the card itself. */
export function fitsCard(args: string): boolean {
  return args.length <= SHOWN_WHOLE;
}

/** The approval with its votes, as data that every surface draws. */
export async function cardOf(sql: Query, approval: Approval): Promise<Card> {
  const rule = approval.rule as Rule;
  const votes =
    rule.quorum > 1
      ? await sql<
          ApprovalVote[]
        >`select * from approval_votes where approval_id = ${approval.id} order by at, actor`
      : [];
  return toCard(approval, votes);
}

export function toCard(approval: Approval, votes: ApprovalVote[] = []): Card {
  const rule = approval.rule as Rule;
  const type = TYPE_OF[approval.status];
  return {
    approvalId: approval.id,
    runId: approval.runId,
    kind: approval.kind,
    callId: approval.callId,
    tool: approval.tool,
    tier: approval.tier,
    args: approval.args,
    digest: approval.digest,
    editedArgs: approval.status === "pending" ? approval.editedArgs : null,
    currentDigest: approval.editedDigest ?? approval.digest,
    requester: approval.requester,
    place: approval.place,
    reason: approval.reason,
    allowed: approval.allowed,
    approvers: rule.approvers,
    quorum: rule.quorum,
    votes: votes.map((vote) => ({ by: vote.actor, type: vote.type, at: vote.at.toISOString() })),
    taint: approval.taint,
    preview: approval.preview,
    needsView: needsView(approval),
    grantable: isGrantable(approval),
    status: approval.status,
    requestedAt: approval.requestedAt.toISOString(),
    expiresAt: approval.expiresAt?.toISOString() ?? null,
    decision:
      type && approval.decidedBy !== null && approval.decidedAt
        ? {
            type,
            by: approval.decidedBy,
            at: approval.decidedAt.toISOString(),
            ...(approval.note !== null && { message: approval.note }),
            ...(approval.editedArgs !== null && { args: approval.editedArgs }),
          }
        : null,
  };
}
