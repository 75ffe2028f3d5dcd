import { sql } from "drizzle-orm";
import {
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from "drizzle-orm/pg-core";
import { runs } from "./runs.ts";

/** Where a run's journal is to be seen, and how far it has been delivered there. */
export const destinations = pgTable(
  "destinations",
  {
    runId: text("run_id")
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    place: text().notNull(),
    /** Every journal row up to this sequence number is delivered. */
    delivered: integer().notNull().default(0),
    /** Nothing more will come: the run has ended and its last row is delivered, or the place is gone. */
    done: boolean().notNull().default(false),
    /** Not before this time: a rate limit or a fault. */
    notBefore: timestamp("not_before", { withTimezone: true }).notNull().defaultNow(),
    failures: integer().notNull().default(0),
    lastError: text("last_error"),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.runId, t.place] }),
    index("destinations_open").on(t.place, t.notBefore).where(sql`not done`),
  ],
);

/** One part of one event at one place: the intent is written before the platform is asked, its id after. */
export const deliveries = pgTable(
  "deliveries",
  {
    runId: text("run_id")
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    place: text().notNull(),
    seq: integer().notNull(),
    part: integer().notNull(),
    nonce: text().notNull(),
    /** `intended`: asked or about to be, outcome not known. `final`: can never be posted. */
    state: text({ enum: ["intended", "delivered", "final"] }).notNull(),
    platformId: text("platform_id"),
    more: boolean().notNull().default(false),
    data: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    error: text(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    deliveredAt: timestamp("delivered_at", { withTimezone: true }),
  },
  (t) => [primaryKey({ columns: [t.runId, t.place, t.seq, t.part] })],
);
