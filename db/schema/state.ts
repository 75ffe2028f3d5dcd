import { index, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** Live state with an expiry, where there is no Redis (src/ports/live-state). */
export const state = pgTable(
  "state",
  {
    key: text().primaryKey(),
    value: text().notNull(),
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
  },
  (t) => [index("state_expires").on(t.expiresAt)],
);
