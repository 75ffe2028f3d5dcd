import {
  assertSchemaCompatibility,
  Queue as BullQueue,
  createPostgresBackend,
  LATEST_SCHEMA_VERSION,
  type PgPool,
  type PgQueryable,
  type PgQueryResult,
  runMigrations,
  SchemaMigrationRequiredError,
  Worker,
} from "bullmq";
import pg from "pg";
import type { Queue } from "./queue.ts";
import { jobOptions, queueOver, streams } from "./queue-bullmq.ts";

export async function openPostgresQueue(name: string, url: string): Promise<Queue> {
  const pool = openPool(url);
  try {
    await migrate(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const queue = new BullQueue(
    name,
    { connection: pool, streams, defaultJobOptions: jobOptions },
    createPostgresBackend,
  );
  return queueOver(name, {
    queue,
    openWorker: (process, options) =>
      new Worker(
        name,
        process,
        {
          ...options,
          connection: pool,
          drainDelay: 30, // seconds between looks at an empty queue, besides those that NOTIFY asks for
        },
        createPostgresBackend,
      ),
    async ping() {
      await pool.query("select 1");
    },
    close: () => pool.end(),
  });
}

/** One connection of the four is the worker's LISTEN. Without waiting for the disk: a job may be lost. */
function openPool(url: string): PgPool {
  const pool = new pg.Pool({
    connectionString: url,
    options: "-c search_path=bullmq -c synchronous_commit=off",
    application_name: "countersign queue",
    max: 4,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  });
  pool.on("error", () => {}); // an idle connection that was cut; the next query opens another
  // One that is in use, such as the one that listens: its user is told as well, but an error without a listener ends us.
  pool.on("connect", (client) => client.on("error", () => {}));
  return prepareStatements(pool);
}

/**
 * Prepares each statement once per connection, which BullMQ does not ask for: 0.9 instead of 1.3 ms of
 * PostgreSQL's CPU for a job that is added and worked on.
 */
function prepareStatements(pool: pg.Pool): PgPool {
  const run = pool.query.bind(pool) as (config: pg.QueryConfig) => Promise<PgQueryResult>;
  const names = new Map<string, string>();
  const nameOf = (text: string) => {
    const name = names.get(text) ?? `bullmq_${names.size}`;
    names.set(text, name);
    return name;
  };
  const query = (text: string, values: readonly unknown[] = []) =>
    run({ name: nameOf(text), text, values: [...values] });
  return Object.assign(pool as unknown as PgPool, { query });
}

/** Any number of processes at once: BullMQ's migrations run one after the other. */
async function migrate(pool: PgPool): Promise<void> {
  const client = await pool.connect();
  try {
    if ((await versionOf(client)) < LATEST_SCHEMA_VERSION) await runMigrations(client);
  } finally {
    client.release();
  }
}

async function versionOf(client: PgQueryable): Promise<number> {
  try {
    return await assertSchemaCompatibility(client);
  } catch (error) {
    if (error instanceof SchemaMigrationRequiredError) return 0;
    throw error;
  }
}
