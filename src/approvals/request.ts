import type { Query } from "#db/client.ts";
import { appendEvents, type Held } from "#db/queries/append-events.ts";
import { writeAudit } from "#db/queries/audit.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { Tier } from "../events.ts";
import { cardOf } from "./card.ts";
import { ladderOf } from "./ladder.ts";
import type { Rule } from "./rule.ts";
import type { Sealed } from "./seal.ts";

export type NewApproval = {
  /** Made by the caller, so that approvals of one message sort as the model asked. */
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
  /** What the policy went by besides, for the audit: a backtest asks again with it. */
  about: { source: string; tool_tier: Tier; destructive: boolean };
  rule: Rule;
};

/**
 * Makes the approval, its ladder and its card, once per call however often it is asked for: a second request answers
 * with the row that is there. Row, timers, journal entry and audit row are written together, inside `tx`.
 */
export async function requestApproval(
  tx: Query,
  request: NewApproval,
  now: Date,
  held: Held,
): Promise<Approval> {
  const { sealed, rule } = request;
  const rungs = ladderOf(rule, now);
  const [made] = await tx<Approval[]>`
    insert into approvals (id, run_id, session_id, kind, call_key, call_id, tool, tool_version, tier, parameters, args, digest,
      requester, place, taint, preview, reason, allowed, rule, requested_at, expires_at)
    values (${request.id}, ${request.runId}, ${request.sessionId}, ${request.kind}, ${request.callKey},
      ${request.callId}, ${request.tool}, ${request.toolVersion}, ${request.tier}, ${json(request.parameters)}::text::json,
      ${sealed.text}, ${sealed.digest}, ${request.requester}, ${request.place}, ${json(request.taint)}::text::jsonb,
      ${request.preview}, ${request.reason}, ${json(rule.allowed)}::text::jsonb, ${json(rule)}::text::jsonb, ${now},
      ${rungs.at(-1)?.dueAt ?? null})
    on conflict do nothing returning *`;
  if (!made) return standing(tx, request);
  await tx`
    insert into approval_steps (approval_id, step, kind, recipients, due_at)
    select ${made.id}, r.step, r.kind, r.recipients::jsonb, r.due_at::timestamptz
    from unnest(${rungs.map((r) => r.step)}::int[], ${rungs.map((r) => r.kind)}::text[],
      ${rungs.map((r) => json(r.recipients))}::text[], ${rungs.map((r) => r.dueAt.toISOString())}::text[])
      as r(step, kind, recipients, due_at)`;
  await appendEvents(
    tx,
    request.runId,
    [{ type: "approval.requested", card: await cardOf(tx, made) }],
    held,
  );
  await writeAudit(tx, {
    action: "approval.requested",
    actor: request.requester,
    approvalId: made.id,
    runId: made.runId,
    digest: made.digest,
    detail: {
      tool: made.tool,
      tier: made.tier,
      rule: rule.name,
      kind: made.kind,
      taint: made.taint,
      ...request.about,
    },
  });
  return made;
}

async function standing(tx: Query, request: NewApproval): Promise<Approval> {
  const [there] = await tx<Approval[]>`
    select * from approvals where run_id = ${request.runId} and call_key = ${request.callKey} and kind = ${request.kind}
    order by requested_at desc limit 1`;
  if (!there) throw new Error(`The approval of ${request.callKey} was neither made nor found`);
  return there;
}

const json = (value: unknown) => JSON.stringify(value);
