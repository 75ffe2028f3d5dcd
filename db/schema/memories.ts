import { index, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** Long-term memory: what is known of a user across sessions. */
export const memories = pgTable(
  "memories",
  {
    id: text().primaryKey(),
    owner: text().notNull(),
    kind: text({ enum: ["preference", "fact", "note"] }).notNull(),
    text: text().notNull(),
    /** `api`, `agent` (its own tool), `command`. */
    source: text().notNull(),
    author: text().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index("memories_owner").on(t.owner, t.createdAt)],
);

export type Memory = typeof memories.$inferSelect;
