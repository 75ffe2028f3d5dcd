import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#db/embedded.ts";
import { isAlive } from "#db/embedded-postmaster.ts";
import { cacheFolder } from "./cache-folder.ts";

/** The server that test databases are made on. Dispose of it once per call of testServer(). */
export type TestServer = {
  adminUrl: string;
  urlOf(database: string): string;
} & AsyncDisposable;

let embedded: Promise<EmbeddedPostgres> | undefined;
let users = 0;

/**
 * The server of TEST_DATABASE_URL (whose user may create databases), else an embedded one that all
 * test processes of this work tree share. It is not durable, so after a crash of the machine its
 * folder under node_modules/.cache may have to be deleted.
 */
export async function testServer(): Promise<TestServer> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return server(given, async () => {});
  users += 1;
  embedded ??= start();
  const release = async () => {
    users -= 1;
    if (users > 0) return;
    const stopped = embedded;
    embedded = undefined;
    await (await stopped)?.stop();
  };
  try {
    return server((await embedded).url, release);
  } catch (error) {
    users -= 1;
    embedded = undefined;
    throw error;
  }
}

function server(adminUrl: string, release: () => Promise<void>): TestServer {
  return {
    adminUrl,
    urlOf(database) {
      const url = new URL(adminUrl);
      url.pathname = `/${database}`;
      return url.href;
    },
    [Symbol.asyncDispose]: release,
  };
}

async function start(): Promise<EmbeddedPostgres> {
  const started = await startEmbeddedPostgres({
    dataDir: cacheFolder("postgres"),
    database: "admin",
    settings: ["fsync=off", "synchronous_commit=off", "full_page_writes=off"],
  });
  await dropAbandoned(started.url);
  return started;
}

/** Databases carry the number of the process that made them: what the killed ones left goes. */
async function dropAbandoned(adminUrl: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  const { rows } = await admin.query<{ name: string }>(
    "select datname as name from pg_database where datname ~ '^test_[0-9]+_'",
  );
  for (const { name } of rows) {
    if (isAlive(Number(name.split("_")[1]))) continue;
    await admin.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
  }
  await admin.end();
}
