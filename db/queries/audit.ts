import { createHash, createHmac, randomBytes } from "node:crypto";
import type { Query } from "../client.ts";
import type { AuditRow } from "../schema/audit.ts";

export type AuditEntry = {
  action: string;
  actor?: string | null;
  approvalId?: string | null;
  runId?: string | null;
  digest?: string | null;
  detail?: Record<string, unknown>;
};

/** What the first row hashes. */
export const GENESIS = "0".repeat(64);

/**
 * Adds a row to the audit, in the transaction of what it tells of, so that neither is there without the other.
 * It takes the lock on the chain's end, which is held until the commit: make it the transaction's last statement.
 */
export async function writeAudit(tx: Query, entry: AuditEntry): Promise<void> {
  const {
    action,
    actor = null,
    approvalId = null,
    runId = null,
    digest = null,
    detail = {},
  } = entry;
  const at = new Date();
  const subjects = [
    ...(actor === null ? [] : [personSubject(actor)]),
    detailSubject(approvalId, runId, at),
  ];
  const fresh = subjects.map(() => randomBytes(32).toString("hex"));
  const rows = await tx<{ subject: string; key: string; rows: number; hash: string }[]>`
    with head as (
      insert into audit_head (id, rows, hash) values (1, 0, ${GENESIS})
      on conflict (id) do update set id = 1 returning rows, hash),
    keys as (
      insert into audit_keys (subject, key) select * from unnest(${subjects}::text[], ${fresh}::text[])
      on conflict (subject) do update set subject = excluded.subject returning subject, key)
    select keys.subject, keys.key, head.rows, head.hash from keys, head`;
  const keyOf = (subject: string | undefined) =>
    rows.find((row) => row.subject === subject)?.key ?? "";
  const { rows: before = 0, hash: prevHash = GENESIS } = rows[0] ?? {};
  const row: AuditRow = {
    id: before + 1,
    at,
    action,
    approvalId,
    runId,
    actor,
    digest,
    detail,
    actorCommit: actor === null ? null : commit(keyOf(subjects[0]), actor),
    detailCommit: commit(keyOf(subjects.at(-1)), committedDetail(digest, detail)),
    prevHash,
    hash: "",
  };
  const hash = hashOf(row);
  await tx`
    with head as (update audit_head set rows = ${row.id}, hash = ${hash} where id = 1)
    insert into audit (id, at, action, approval_id, run_id, actor, digest, detail, actor_commit, detail_commit, prev_hash, hash)
    values (${row.id}, ${at}, ${action}, ${approvalId}, ${runId}, ${actor}, ${digest}, ${JSON.stringify(detail)}::text::json,
      ${row.actorCommit}, ${row.detailCommit}, ${prevHash}, ${hash})`;
}

/** SHA-256 over what a row's place in the chain depends on: ids of ours, a time, an action, commitments. */
export function hashOf(row: Omit<AuditRow, "hash" | "actor" | "digest" | "detail">): string {
  const { id, at, action, approvalId, runId, actorCommit, detailCommit, prevHash } = row;
  const parts = [
    id,
    at.toISOString(),
    action,
    approvalId,
    runId,
    actorCommit,
    detailCommit,
    prevHash,
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

export function commit(key: string, words: string): string {
  return createHmac("sha256", Buffer.from(key, "hex")).update(words).digest("hex");
}

/** What the detail's commitment covers: the digest too, since short arguments can be guessed from it. */
export function committedDetail(digest: string | null, detail: Record<string, unknown>): string {
  return JSON.stringify([digest, detail]);
}

export function personSubject(actor: string): string {
  return `person:${actor}`;
}

/** Under which key a row's words stand: its approval's, else its run's, else one of its own. */
export function detailSubject(approvalId: string | null, runId: string | null, at: Date): string {
  return approvalId ?? runId ?? `at:${at.toISOString()}`;
}
