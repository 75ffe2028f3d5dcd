import { integer, json, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { Outbound } from "../../src/events.ts";
import { runs } from "./runs.ts";

/** The journal: what happened in a run, in order, without gaps. What people are shown comes from here. */
export const runEvents = pgTable(
  "run_events",
  {
    runId: text("run_id")
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    seq: integer().notNull(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
    event: json().$type<Outbound>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.seq] })],
);
