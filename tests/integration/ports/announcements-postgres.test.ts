import assert from "node:assert/strict";
import { test } from "node:test";
import { openAnnouncements } from "#src/ports/announcements.ts";
import { eventually } from "#tests/support/eventually.ts";
import { forkProgram, testAnnouncements } from "./announcements.conformance.ts";
import { postgresBackend } from "./backends.ts";

testAnnouncements("PostgreSQL", postgresBackend);

test("announcements on PostgreSQL: what a publisher could not send is a gap for the others", async () => {
  await using backend = await postgresBackend();
  assert.ok("sql" in backend.withPool);
  const { sql } = backend.withPool;
  await using there = await forkProgram(backend.given);
  const lines = sql`application_name = 'countersign announcements'`;
  const theirs = await sql`select pid from pg_stat_activity where ${lines}`;
  await using here = await openAnnouncements(backend.given);
  await eventually("the other process was told", async () => {
    const reconnected = new Promise<void>((resolve) => here.onGap(resolve));
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and ${lines} and pid <> all (${theirs.map((row) => row.pid)})`;
    for (let n = 0; n < 100; n++) here.publish("run_a", { n });
    await reconnected;
    await eventually("it is there", () => here.ping());
    return there.gaps() > 0;
  });
});
