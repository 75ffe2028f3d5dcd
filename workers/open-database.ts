import { join } from "node:path";
import { openDatabase, type Sql } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import type { Config } from "../src/config.ts";
import type { Log } from "../src/log.ts";

export type OpenDatabase = { sql: Sql; url: string } & AsyncDisposable;

/** The database that is configured, else the embedded one (started, or joined where it runs), migrated. */
export async function openDatabaseOf(
  config: Config,
  log: Log,
  name: string,
): Promise<OpenDatabase> {
  await using opening = new AsyncDisposableStack();
  let url = config.DATABASE_URL;
  if (url === undefined) {
    const { startEmbeddedPostgres } = await import("#db/embedded.ts");
    const dataDir = join(config.DATA_DIR, "postgres");
    url = opening.use(await startEmbeddedPostgres({ dataDir, log: (line) => log.info(line) })).url;
  }
  await migrate(url);
  const sql = openDatabase(url, { name: `countersign-${name}`, max: 20 });
  opening.defer(() => sql.end({ timeout: 2 }));
  const stack = opening.move();
  return { sql, url, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
