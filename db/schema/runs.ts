import { sql } from "drizzle-orm";
import {
  bigserial,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { RUN_STATUSES } from "../../src/events.ts";
import { sessions } from "./sessions.ts";

/** One turn of work on a session. Its LangGraph thread id is its id. */
export const runs = pgTable(
  "runs",
  {
    id: text().primaryKey(),
    sessionId: text("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    /** The id that an API client chose, unique within the session. */
    externalKey: text("external_key"),
    /** Order of arrival; runs of one session execute in this order. */
    position: bigserial({ mode: "number" }).notNull(),
    requester: text().notNull(),
    status: text({ enum: RUN_STATUSES }).notNull().default("queued"),
    input: text().notNull(),
    systemMessage: text("system_message"),
    language: text({ enum: ["en", "zh"] }).notNull(),
    /** Counts how often the run was made ready; job ids are `<run id>-<wake>`, so that no wake-up is lost in BullMQ. */
    wake: integer().notNull().default(0),
    /** How often a worker began to execute it. */
    attempt: integer().notNull().default(0),
    /** How often its worker died since it last got anywhere. */
    recoveries: integer().notNull().default(0),
    /** Sequence number of its last journal row. */
    lastSeq: integer("last_seq").notNull().default(0),
    /** The running run that this message steers, until that run has taken it in or ended. */
    steers: text(),
    stopRequested: jsonb("stop_requested").$type<{ by: string | null; reason: string }>(),
    answer: text(),
    error: jsonb().$type<{ code: string; message: string }>(),
    /** What the original routes showed last: the one approval that their resume may decide. */
    shownApproval: text("shown_approval"),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    queuedAt: timestamp("queued_at", { withTimezone: true }).notNull().defaultNow(),
    startedAt: timestamp("started_at", { withTimezone: true }),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
    finishedAt: timestamp("finished_at", { withTimezone: true }),
  },
  (t) => [
    uniqueIndex("runs_session_key").on(t.sessionId, t.externalKey),
    index("runs_session_position").on(t.sessionId, t.position),
    index("runs_unfinished").on(t.sessionId, t.position).where(sql`finished_at is null`),
    index("runs_queued").on(t.queuedAt).where(sql`finished_at is null`),
  ],
);

export type Run = typeof runs.$inferSelect;
