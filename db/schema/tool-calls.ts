import { integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { runs } from "./runs.ts";

/**
 * The ledger of calls that must not run twice: written before and after each.
 * A row that is `started` under an attempt that is over is a call whose outcome nobody knows.
 */
export const toolCalls = pgTable(
  "tool_calls",
  {
    runId: text("run_id")
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    /** `<AI message id>/<tool call id>`. */
    callKey: text("call_key").notNull(),
    tool: text().notNull(),
    digest: text().notNull(),
    state: text({ enum: ["started", "done", "failed", "outcome_unknown"] }).notNull(),
    /** The run's attempt that started it. */
    attempt: integer().notNull(),
    /** How often it was started; more than 1 only where a person said so. */
    starts: integer().notNull().default(1),
    result: text(),
    startedAt: timestamp("started_at", { withTimezone: true }).notNull().defaultNow(),
    finishedAt: timestamp("finished_at", { withTimezone: true }),
  },
  (t) => [primaryKey({ columns: [t.runId, t.callKey] })],
);
