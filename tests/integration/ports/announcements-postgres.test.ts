import { test } from "node:test";
import pg from "pg";
import { openAnnouncements } from "#src/ports/announcements.ts";
import { eventually } from "#tests/support/eventually.ts";
import { forkProgram, testAnnouncements } from "./announcements.conformance.ts";
import { postgresBackend } from "./backends.ts";

testAnnouncements("PostgreSQL", postgresBackend);

test("announcements on PostgreSQL: what a publisher could not send is a gap for the others", async () => {
  await using backend = await postgresBackend();
  if (!("databaseUrl" in backend.given)) throw new Error("not PostgreSQL");
  await using there = await forkProgram(backend);
  const admin = new pg.Client({ connectionString: backend.given.databaseUrl });
  await admin.connect();
  const { rows } = await admin.query("select pid from pg_stat_activity");
  await using here = await openAnnouncements(backend.given);
  await eventually("the other process was told", async () => {
    await admin.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and pid <> all ($1)`,
      [rows.map(({ pid }) => pid)],
    );
    for (let n = 0; n < 100; n++) here.publish("run_a", { n });
    return there.gaps() > 0;
  });
  await admin.end();
});
