import pg from "pg";

/** Held shared by every process that uses the server, in its database "postgres". */
const usersLock = 0x0a9e17;

/** A connection that marks this process as a user of the server for as long as it is open. */
export async function connectKeeper(url: string): Promise<pg.Client> {
  const keeper = new pg.Client({
    connectionString: url,
    application_name: "countersign keeper",
    connectionTimeoutMillis: 3000,
  });
  keeper.on("error", () => {}); // "end" follows
  try {
    await keeper.connect();
    await keeper.query("select pg_advisory_lock_shared($1)", [usersLock]);
    return keeper;
  } catch (error) {
    await keeper.end().catch(() => {});
    throw error;
  }
}

/**
 * Gives up this process's share of the server and says whether it was the last one. Then it holds the
 * lock alone: who comes now waits, is turned away by the shutdown, and starts the server anew.
 */
export async function isLastUser(keeper: pg.Client): Promise<boolean> {
  const { rows } = await keeper.query<{ last: boolean }>(
    "select pg_advisory_unlock_shared($1), pg_try_advisory_lock($1) as last",
    [usersLock],
  );
  return rows[0]?.last ?? false;
}

export async function createIfMissing(keeper: pg.Client, database: string): Promise<void> {
  const known = await keeper.query("select from pg_database where datname = $1", [database]);
  if (known.rowCount) return;
  try {
    await keeper.query(`create database ${pg.escapeIdentifier(database)}`);
  } catch (error) {
    const madeByAnother = ["42P04", "23505"]; // duplicate_database, unique_violation
    if (!madeByAnother.includes((error as pg.DatabaseError).code ?? "")) throw error;
  }
}
