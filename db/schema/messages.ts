import { index, integer, json, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { StoredMessage } from "../../src/message.ts";
import { runs } from "./runs.ts";
import { sessions } from "./sessions.ts";

/** The transcript: a session's memory. A run's messages enter together, when it ends, so turns never interleave. */
export const messages = pgTable(
  "messages",
  {
    runId: text("run_id")
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    idx: integer().notNull(),
    sessionId: text("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    /** Order within the session, from 1. */
    seq: integer().notNull(),
    body: json().$type<StoredMessage>().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.runId, t.idx] }),
    index("messages_session").on(t.sessionId, t.seq),
  ],
);
