import { after, before } from "node:test";
import { openDatabase, type Sql } from "#db/client.ts";
import { testDatabase } from "./database.ts";

/** A migrated database for the tests of one file, opened before them and gone after; use it inside tests only. */
export function openTestDatabase(): { sql: Sql; url: string } {
  const opened = { sql: undefined as unknown as Sql, url: "" };
  let database: Awaited<ReturnType<typeof testDatabase>>;
  before(async () => {
    database = await testDatabase();
    opened.url = database.url;
    opened.sql = openDatabase(database.url);
  });
  after(async () => {
    await opened.sql.end();
    await database[Symbol.asyncDispose]();
  });
  return opened;
}
