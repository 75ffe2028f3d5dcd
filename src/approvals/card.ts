import type { Approval } from "#db/schema/approvals.ts";
import type { Card, ReviewType } from "../events.ts";

const TYPE_OF: Partial<Record<Approval["status"], ReviewType>> = {
  accepted: "accept",
  edited: "edit",
  responded: "respond",
  rejected: "reject",
};

/** The approval as data that every surface draws. */
export function toCard(approval: Approval): Card {
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
    requester: approval.requester,
    reason: approval.reason,
    allowed: approval.allowed,
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
