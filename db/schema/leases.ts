import { bigint, index, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** Who works on what. `fence` grows with each holder; what a run writes names it, so a late writer writes nothing. */
export const leases = pgTable(
  "leases",
  {
    name: text().primaryKey(),
    holder: text().notNull(),
    fence: bigint({ mode: "number" }).notNull(),
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
  },
  (t) => [index("leases_expires").on(t.expiresAt)],
);
