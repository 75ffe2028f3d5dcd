import {
  assertSchemaCompatibility,
  Queue as BullQueue,
  createPostgresBackend,
  LATEST_SCHEMA_VERSION,
  type PgPool,
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
  const connection = pool as unknown as PgPool; // a pool is one, says BullMQ; the types of pg differ
  const queue = new BullQueue(
    name,
    { connection, streams, defaultJobOptions: jobOptions },
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
          connection,
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
function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    options: "-c search_path=bullmq -c synchronous_commit=off",
    application_name: "countersign queue",
    max: 4,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: 2000,
    keepAlive: true,
  });
  pool.on("error", () => {}); // an idle connection that was cut; the next query opens another
  return pool;
}

/** Any number of processes at once: BullMQ's migrations run one after the other. */
async function migrate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    if ((await versionOf(client)) < LATEST_SCHEMA_VERSION) await runMigrations(client);
  } finally {
    client.release();
  }
}

async function versionOf(client: pg.PoolClient): Promise<number> {
  try {
    return await assertSchemaCompatibility(client);
  } catch (error) {
    if (error instanceof SchemaMigrationRequiredError) return 0;
    throw error;
  }
}
