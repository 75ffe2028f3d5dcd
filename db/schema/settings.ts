import { json, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/** Settings changed while running, by scope: `default`, or a place or an actor. */
export const settings = pgTable(
  "settings",
  {
    scope: text().notNull(),
    key: text().notNull(),
    value: json().$type<unknown>().notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.key] })],
);
