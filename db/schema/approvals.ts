import { sql } from "drizzle-orm";
import {
  index,
  integer,
  json,
  jsonb,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { APPROVAL_STATUSES, type ReviewType, TIERS } from "../../src/events.ts";
import { runs } from "./runs.ts";
import { sessions } from "./sessions.ts";

/** A call that waits for a human: a persisted state machine. Cards are views of it. */
export const approvals = pgTable(
  "approvals",
  {
    id: text().primaryKey(),
    runId: text("run_id")
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    sessionId: text("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    kind: text({ enum: ["tool_call", "outcome_unknown"] }).notNull(),
    /** `<AI message id>/<tool call id>`: call ids alone repeat. */
    callKey: text("call_key").notNull(),
    callId: text("call_id").notNull(),
    tool: text().notNull(),
    toolVersion: text("tool_version").notNull(),
    tier: text({ enum: TIERS }).notNull(),
    /** The tool's JSON Schema as it was: what edited arguments are checked against, in whatever process. */
    parameters: json().$type<Record<string, unknown>>().notNull(),
    /** Canonical JSON (RFC 8785), as text: jsonb would reorder keys and change numbers. */
    args: text().notNull(),
    /** SHA-256 over tool, tool version and arguments. */
    digest: text().notNull(),
    requester: text().notNull(),
    /** Where it was asked for. */
    place: text().notNull(),
    /** Untrusted sources in the context when it was asked: `mcp:web`, `guest`. */
    taint: jsonb().$type<string[]>().notNull().default([]),
    /** What the tool says that the call would do, computed by the server. */
    preview: text(),
    /** How many escalations have been climbed: each lets more people decide. */
    stage: integer().notNull().default(0),
    reason: text().notNull(),
    allowed: jsonb().$type<ReviewType[]>().notNull(),
    /** The rule in force when the card was made; a reload changes new cards only. */
    rule: jsonb().$type<Record<string, unknown>>().notNull(),
    status: text({ enum: APPROVAL_STATUSES }).notNull().default("pending"),
    requestedAt: timestamp("requested_at", { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp("expires_at", { withTimezone: true }),
    decidedBy: text("decided_by"),
    decidedAt: timestamp("decided_at", { withTimezone: true }),
    /** The decision's words: feedback or a reason. */
    note: text(),
    /** With `edited`: the new arguments, canonical, and their digest. */
    editedArgs: text("edited_args"),
    editedDigest: text("edited_digest"),
  },
  (t) => [
    uniqueIndex("approvals_call").on(t.runId, t.callKey, t.kind).where(sql`kind = 'tool_call'`),
    uniqueIndex("approvals_unknown")
      .on(t.runId, t.callKey)
      .where(sql`kind = 'outcome_unknown' and status = 'pending'`),
    index("approvals_run").on(t.runId),
    index("approvals_pending").on(t.expiresAt).where(sql`status = 'pending'`),
    index("approvals_requester").on(t.requester, t.requestedAt.desc()),
  ],
);

export type Approval = typeof approvals.$inferSelect;
