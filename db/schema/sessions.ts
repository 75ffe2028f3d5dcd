import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgTable, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";

/** A conversation with memory. On the API an (owner, external key) pair names it; on a platform its place does. */
export const sessions = pgTable(
  "sessions",
  {
    id: text().primaryKey(),
    place: text().notNull(),
    owner: text().notNull(),
    /** The id that an API client chose; null on platforms. Never looked up without its owner. */
    externalKey: text("external_key"),
    title: text().notNull().default(""),
    status: text({ enum: ["open", "closed"] })
      .notNull()
      .default("open"),
    /** Null: the default of the process. 0: never. */
    ttlSeconds: integer("ttl_seconds"),
    /** Settings that differ from the default: model, system prompt, while_running, while_waiting, … */
    settings: jsonb().$type<SessionSettings>().notNull().default({}),
    /** Untrusted sources that its memory holds, each with the time it came in last. */
    taint: jsonb().$type<Record<string, string>>().notNull().default({}),
    /** Sequence number of the last transcript message. */
    lastMessage: integer("last_message").notNull().default(0),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    lastActiveAt: timestamp("last_active_at", { withTimezone: true }).notNull().defaultNow(),
    closedAt: timestamp("closed_at", { withTimezone: true }),
  },
  (t) => [
    uniqueIndex("sessions_place").on(t.place),
    uniqueIndex("sessions_owner_key").on(t.owner, t.externalKey),
    index("sessions_owner_active").on(t.owner, t.lastActiveAt.desc()),
    index("sessions_open").on(t.lastActiveAt).where(sql`status = 'open'`),
  ],
);

export type SessionSettings = {
  model?: string;
  systemPrompt?: string;
  language?: "en" | "zh";
  whileRunning?: "queue" | "steer" | "interrupt";
  whileWaiting?: "beside" | "queue" | "withdraw";
};
export type Session = typeof sessions.$inferSelect;
