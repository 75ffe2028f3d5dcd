import { bigserial, index, json, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** Who asked, decided, was refused, ran what: rows are only ever added. */
export const audit = pgTable(
  "audit",
  {
    id: bigserial({ mode: "number" }).primaryKey(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** `approval.requested`, `approval.decided`, `decision.refused`, `call.started`, … */
    action: text().notNull(),
    actor: text(),
    approvalId: text("approval_id"),
    runId: text("run_id"),
    digest: text(),
    detail: json().$type<Record<string, unknown>>().notNull(),
  },
  (t) => [index("audit_approval").on(t.approvalId), index("audit_run").on(t.runId)],
);
