import { index, integer, jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** Consent given ahead: this tool, with such arguments, at this place, for a while or so many times. */
export const grants = pgTable(
  "grants",
  {
    id: text().primaryKey(),
    tool: text().notNull(),
    toolVersion: text("tool_version").notNull(),
    /** Arguments that must be exactly these, by name; what is not named is free. */
    constraint: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** Where it holds: a session's id, or a place. */
    scope: text().notNull(),
    /** For whose calls. */
    requester: text().notNull(),
    grantedBy: text("granted_by").notNull(),
    approvalId: text("approval_id").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
    usesLeft: integer("uses_left"),
    revokedAt: timestamp("revoked_at", { withTimezone: true }),
    revokedBy: text("revoked_by"),
  },
  (t) => [index("grants_lookup").on(t.tool, t.scope), index("grants_requester").on(t.requester)],
);

export type Grant = typeof grants.$inferSelect;
