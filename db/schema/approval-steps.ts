import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { approvals } from "./approvals.ts";

/** The ladder of an approval as durable timers: each step fires once, whoever's round it is and whatever restarts. */
export const approvalSteps = pgTable(
  "approval_steps",
  {
    approvalId: text("approval_id")
      .notNull()
      .references(() => approvals.id, { onDelete: "cascade" }),
    step: integer().notNull(),
    kind: text({ enum: ["remind", "escalate", "expire"] }).notNull(),
    recipients: jsonb().$type<string[]>().notNull().default([]),
    dueAt: timestamp("due_at", { withTimezone: true }).notNull(),
    firedAt: timestamp("fired_at", { withTimezone: true }),
  },
  (t) => [
    primaryKey({ columns: [t.approvalId, t.step] }),
    index("approval_steps_due").on(t.dueAt).where(sql`fired_at is null`),
  ],
);
