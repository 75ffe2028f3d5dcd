import type { ApprovalBody, MemoryBody, MessageBody, RunBody, SessionBody } from "../../api.ts";
import { toCard } from "../../approvals/card.ts";
import type { OwnedApproval } from "../../approvals/list-approvals.ts";
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

export function presentApproval(approval: Omit<OwnedApproval, "owner">): ApprovalBody {
  const card = toCard(approval);
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
