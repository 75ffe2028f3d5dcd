import type { Sql as AnySql, TransactionSql } from "postgres";
import { postgres } from "./postgres.ts";

/** PostgreSQL. Rows come back with camelCase columns, `timestamptz` as Date, `bigint` as number. */
export type Sql = AnySql<{ bigint: number }>;
/** The same, inside a transaction. What only runs statements takes this. */
export type Query = Sql | TransactionSql<{ bigint: number }>;

/** Opens a pool of at most `max` connections. They are made as needed and made again after the server was away. */
export function openDatabase(url: string, options: { max?: number; name?: string } = {}): Sql {
  return postgres(url, {
    max: options.max ?? 10,
    connection: {
      application_name: options.name ?? "countersign",
      // Every statement here is prepared and made for its plan: planning it anew each time is half its cost.
      plan_cache_mode: "force_generic_plan",
    },
    onnotice: () => {},
    transform: { column: { from: postgres.toCamel, to: postgres.fromCamel } },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
    connect_timeout: 10,
    backoff: (attempt) => Math.min(0.05 * 2 ** attempt, 2),
  });
}
