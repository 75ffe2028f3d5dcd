import type { Query } from "#db/client.ts";
import { appendEvents, type Held } from "#db/queries/append-events.ts";
import { writeAudit } from "#db/queries/audit.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { ReviewType, Tier } from "../events.ts";
import { toCard } from "./card.ts";
import type { Rule } from "./policy.ts";
import type { Sealed } from "./seal.ts";

export type NewApproval = {
  /** Made when the call was first seen: approvals are shown in the order of their ids. */
  id: string;
  runId: string;
  sessionId: string;
  kind: Approval["kind"];
  callKey: string;
  callId: string;
  tool: string;
  toolVersion: string;
  tier: Tier;
  parameters: Record<string, unknown>;
  sealed: Sealed;
  requester: string;
  place: string;
  taint: string[];
  preview: string | null;
  reason: string;
  allowed: ReviewType[];
  rule: Rule;
};

/**
 * Makes the approval and its card, once per call however often it is asked for: a second request answers with
 * the row that is there. Row, journal entry and audit row are written together, inside `tx`.
 */
export async function requestApproval(
  tx: Query,
  request: NewApproval,
  held: Held,
): Promise<Approval> {
  const [made] = await tx<Approval[]>`
    insert into approvals (id, run_id, session_id, kind, call_key, call_id, tool, tool_version, tier, parameters, args, digest,
      requester, place, taint, preview, reason, allowed, rule, expires_at)
    values (${request.id}, ${request.runId}, ${request.sessionId}, ${request.kind}, ${request.callKey},
      ${request.callId}, ${request.tool}, ${request.toolVersion}, ${request.tier}, ${JSON.stringify(request.parameters)}::text::json, ${request.sealed.text},
      ${request.sealed.digest}, ${request.requester}, ${request.place}, ${JSON.stringify(request.taint)}::text::jsonb, ${request.preview}, ${request.reason}, ${JSON.stringify(request.allowed)}::text::jsonb,
      ${JSON.stringify(request.rule)}::text::jsonb, now() + ${request.rule.expiresInMs} * interval '1 millisecond')
    on conflict do nothing returning *`;
  if (!made) {
    const [there] = await tx<Approval[]>`
      select * from approvals where run_id = ${request.runId} and call_key = ${request.callKey} and kind = ${request.kind}
      order by requested_at desc limit 1`;
    if (!there) throw new Error(`The approval of ${request.callKey} was neither made nor found`);
    return there;
  }
  await appendEvents(tx, request.runId, [{ type: "approval.requested", card: toCard(made) }], held);
  await writeAudit(tx, {
    action: "approval.requested",
    actor: request.requester,
    approvalId: made.id,
    runId: made.runId,
    digest: made.digest,
    detail: { tool: made.tool, tier: made.tier, rule: request.rule.name, kind: made.kind },
  });
  return made;
}
