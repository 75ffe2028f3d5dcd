import pg from "pg";
import { openDatabase, type Sql } from "#db/client.ts";
import { testDatabase } from "#tests/support/database.ts";
import { ownRedis } from "#tests/support/redis.ts";

/** What a port can be opened with, and what can happen to it. */
export type TestBackend = {
  given: { redisUrl: string } | { databaseUrl: string };
  /** The same for ports that are handed a pool. */
  withPool: { redisUrl: string } | { sql: Sql };
  /** Cuts every connection; the back end is there again afterwards, and a Redis has forgotten everything. */
  interrupt(): Promise<void>;
  /** Takes the back end away for good. */
  remove(): Promise<void>;
} & AsyncDisposable;

export async function redisBackend(): Promise<TestBackend> {
  const redis = await ownRedis();
  return {
    given: { redisUrl: redis.url },
    withPool: { redisUrl: redis.url },
    interrupt: () => redis.restart(),
    remove: () => redis.kill(),
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  };
}

export async function postgresBackend(): Promise<TestBackend> {
  const database = await testDatabase();
  const sql = openDatabase(database.url);
  return {
    given: { databaseUrl: database.url },
    withPool: { sql },
    interrupt: () => terminateConnections(database.url),
    async remove() {
      await database[Symbol.asyncDispose]();
    },
    async [Symbol.asyncDispose]() {
      await sql.end({ timeout: 1 });
      await database[Symbol.asyncDispose]();
    },
  };
}

async function terminateConnections(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await client.end();
}
