import { bigint, index, integer, json, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/**
 * Who asked, saw, decided, was refused, ran what: rows are only ever added, and each hashes the one before.
 *
 * `hash` covers `id, at, action, approvalId, runId, actorCommit, detailCommit, prevHash`: no person and no words.
 * `actor`, `digest` and `detail` are clear text beside it, which erasing empties; the commitments (HMAC-SHA256 under
 * keys in `audit_keys`) prove them while the keys are there, and say nothing once those are gone.
 */
export const audit = pgTable(
  "audit",
  {
    id: bigint({ mode: "number" }).primaryKey(),
    at: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    /** `approval.requested`, `approval.viewed`, `approval.decided`, `decision.refused`, `call.started`, … */
    action: text().notNull(),
    approvalId: text("approval_id"),
    runId: text("run_id"),
    actor: text(),
    digest: text(),
    detail: json().$type<Record<string, unknown>>(),
    actorCommit: text("actor_commit"),
    detailCommit: text("detail_commit").notNull(),
    prevHash: text("prev_hash").notNull(),
    hash: text().notNull(),
  },
  (t) => [
    index("audit_approval").on(t.approvalId),
    index("audit_run").on(t.runId),
    index("audit_actor").on(t.actor),
  ],
);

/** One key per person (`person:<actor>`) and per approval, run or row: deleting it erases what was committed under it. */
export const auditKeys = pgTable("audit_keys", {
  subject: text().primaryKey(),
  key: text().notNull(),
});

/** The end of the chain: whoever adds a row holds this one. */
export const auditHead = pgTable("audit_head", {
  id: integer().primaryKey(),
  rows: bigint({ mode: "number" }).notNull(),
  hash: text().notNull(),
});

export type AuditRow = typeof audit.$inferSelect;
