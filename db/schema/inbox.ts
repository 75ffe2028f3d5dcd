import { sql } from "drizzle-orm";
import { index, integer, json, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import type { Inbound } from "../../src/events.ts";

/** Events from platforms, stored before they are acknowledged. The platform's key makes a second delivery a no-op. */
export const inbox = pgTable(
  "inbox",
  {
    key: text().primaryKey(),
    platform: text().notNull(),
    inbound: json().$type<Inbound>().notNull(),
    receivedAt: timestamp("received_at", { withTimezone: true }).notNull().defaultNow(),
    handledAt: timestamp("handled_at", { withTimezone: true }),
    /** What became of it: a run id, a refusal in words. */
    outcome: text(),
    attempts: integer().notNull().default(0),
  },
  (t) => [index("inbox_open").on(t.receivedAt).where(sql`handled_at is null`)],
);
