import { pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { approvals } from "./approvals.ts";

/** One person's consent to an approval that needs several. A later edit changes the digest and voids what was given before. */
export const approvalVotes = pgTable(
  "approval_votes",
  {
    approvalId: text("approval_id")
      .notNull()
      .references(() => approvals.id, { onDelete: "cascade" }),
    actor: text().notNull(),
    type: text({ enum: ["accept", "edit", "reject"] }).notNull(),
    /** What the person consented to. */
    digest: text().notNull(),
    note: text(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.approvalId, t.actor] })],
);

/** Who has seen all of an approval's arguments where they do not fit a card. */
export const approvalViews = pgTable(
  "approval_views",
  {
    approvalId: text("approval_id")
      .notNull()
      .references(() => approvals.id, { onDelete: "cascade" }),
    actor: text().notNull(),
    digest: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.approvalId, t.actor, t.digest] })],
);

export type ApprovalVote = typeof approvalVotes.$inferSelect;
