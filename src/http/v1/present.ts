import type {
  ApprovalBody,
  AuditBody,
  GrantBody,
  MemoryBody,
  MessageBody,
  RunBody,
  SessionBody,
} from "../../api.ts";
import type { AuditRow } from "../../approvals/audit-list.ts";
import type { Grant } from "../../approvals/grants.ts";
import type { Approval } from "../../approvals/list-approvals.ts";
import type { Card } from "../../events.ts";
import type { Memory } from "../../memory/memories.ts";
import type { OwnedRun } from "../../runs/find-run.ts";
import { expiresAt, type Session } from "../../sessions/expiry.ts";
import type { TranscriptRow } from "../../sessions/transcript.ts";
import { userOf } from "../caller.ts";

/** Our rows as `/v1` shows them. */
export function presentSession(session: Session, defaultTtl: number): SessionBody {
  const { settings } = session;
  const expires = expiresAt(session, defaultTtl);
  const ttl = session.ttlSeconds ?? (expires ? defaultTtl : 0);
  return {
    id: session.id,
    user_id: userOf(session.owner),
    external_id: session.externalKey,
    title: session.title,
    status: session.status,
    ttl_seconds: ttl === 0 ? null : ttl,
    expires_at: expires?.toISOString() ?? null,
    created_at: session.createdAt.toISOString(),
    last_active_at: session.lastActiveAt.toISOString(),
    settings: {
      model: settings.model ?? null,
      system_prompt: settings.systemPrompt ?? null,
      language: settings.language ?? null,
      while_running: settings.whileRunning ?? null,
      while_waiting: settings.whileWaiting ?? null,
    },
  };
}

export function presentRun(run: Omit<OwnedRun, "owner">): RunBody {
  return {
    id: run.id,
    session_id: run.sessionId,
    user_id: userOf(run.requester),
    external_id: run.externalKey,
    status: run.status,
    input: run.input,
    answer: run.answer,
    error: run.error,
    last_seq: run.lastSeq,
    created_at: run.createdAt.toISOString(),
    started_at: run.startedAt?.toISOString() ?? null,
    finished_at: run.finishedAt?.toISOString() ?? null,
  };
}

export function presentApproval(approval: Approval, card: Card): ApprovalBody {
  const { decision } = card;
  return {
    id: approval.id,
    run_id: approval.runId,
    session_id: approval.sessionId,
    kind: approval.kind,
    call_id: approval.callId,
    tool: approval.tool,
    tier: approval.tier,
    args: JSON.parse(approval.args),
    args_text: approval.args,
    digest: approval.digest,
    parameters: approval.parameters,
    requester: userOf(approval.requester),
    reason: approval.reason,
    allowed: approval.allowed,
    status: approval.status,
    requested_at: card.requestedAt,
    expires_at: card.expiresAt,
    decision: decision && {
      type: decision.type,
      by: userOf(decision.by),
      at: decision.at,
      message: decision.message ?? null,
      args: decision.args === undefined ? null : JSON.parse(decision.args),
    },
    place: card.place,
    approvers: card.approvers,
    quorum: card.quorum,
    votes: card.votes.map((vote) => ({ ...vote, by: userOf(vote.by) })),
    edited_args: card.editedArgs === null ? null : JSON.parse(card.editedArgs),
    current_digest: card.currentDigest,
    taint: card.taint,
    preview: card.preview,
    needs_view: card.needsView,
    grantable: card.grantable,
  };
}

export function presentGrant(grant: Grant): GrantBody {
  return {
    id: grant.id,
    tool: grant.tool,
    constraint: grant.constraint,
    scope: grant.scope,
    requester: userOf(grant.requester),
    granted_by: userOf(grant.grantedBy),
    approval_id: grant.approvalId,
    created_at: grant.createdAt.toISOString(),
    expires_at: grant.expiresAt.toISOString(),
    uses_left: grant.usesLeft,
  };
}

export function presentAudit(row: AuditRow): AuditBody {
  return {
    id: row.id,
    at: row.at.toISOString(),
    action: row.action,
    actor: row.actor,
    approval_id: row.approvalId,
    run_id: row.runId,
    digest: row.digest,
    detail: row.detail,
    prev_hash: row.prevHash,
    hash: row.hash,
  };
}

export function presentMessage({ seq, runId, createdAt, body }: TranscriptRow): MessageBody {
  return {
    seq,
    run_id: runId,
    created_at: createdAt.toISOString(),
    type: body.type,
    content: body.content,
    ...("name" in body && body.name !== undefined && { name: body.name }),
    ...(body.type === "ai" && body.tool_calls && { tool_calls: body.tool_calls }),
    ...(body.type === "tool" && { tool_call_id: body.tool_call_id, status: body.status }),
  };
}

export function presentMemory(memory: Memory): MemoryBody {
  return {
    id: memory.id,
    user_id: userOf(memory.owner),
    kind: memory.kind,
    text: memory.text,
    source: memory.source,
    created_at: memory.createdAt.toISOString(),
  };
}
