import { join } from "node:path";
import { postgres } from "./postgres.ts";

// After ./postgres.ts, which must be the first to load the driver that drizzle loads as well.
const { drizzle } = await import("drizzle-orm/postgres-js");
const { migrate: runMigrations } = await import("drizzle-orm/postgres-js/migrator");

/** Any number of processes may start at once; drizzle's migrator alone fails in 1 of 5 of them. */
const MIGRATION_LOCK = 0x0c51;

/** Brings the database at `url` up to date. Others that start meanwhile wait; a second run does nothing. */
export async function migrate(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await runMigrations(drizzle(sql), {
      migrationsFolder: join(import.meta.dirname, "migrations"),
    });
  } finally {
    await sql.end();
  }
}
