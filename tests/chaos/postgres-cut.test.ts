import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "#db/client.ts";
import { expectAllDone, settled, submitMany } from "./expect-all-done.ts";
import { type Fleet, startFleet } from "./fleet.ts";

const RUNS = 50;
const CUTS = 6;

test("Every connection to PostgreSQL cut six times during 50 runs: all end once, no process ends", async (t) => {
  await using fleet = await startFleet({ idempotent: true, steps: 2, takesMs: () => 150 });
  await submitAndCut(t, fleet);
  await expectAllDone(fleet, RUNS);
});

test("The same with a tool that must not run twice: every run ends or asks, no call is made twice", async (t) => {
  await using fleet = await startFleet({ idempotent: false, steps: 2, takesMs: () => 150 });
  await submitAndCut(t, fleet);
  const { sql } = fleet.core;
  await settled(sql, ["completed", "waiting", "failed", "stopped"]);
  const bad = await sql`select id, status, error from runs where status in ('failed', 'stopped')`;
  assert.deepEqual([...bad], []);
  const keys = fleet.acting.acts.map((act) => act.key);
  assert.equal(new Set(keys).size, keys.length, "a call was made twice");
  const asked = await sql`select from approvals where kind = 'outcome_unknown'`;
  t.diagnostic(`${asked.count} of ${keys.length} calls ask what became of them`);
});

async function submitAndCut(t: TestContext, fleet: Fleet): Promise<void> {
  const names = ["janitor", "agent", "agent"] as const;
  const processes = await Promise.all(names.map((name) => fleet.start(name)));
  await submitMany(fleet, RUNS, 10);
  const knife = openDatabase(fleet.databaseUrl, { max: 1, name: "knife" });
  let cut = 0;
  for (let n = 0; n < CUTS; n++) {
    await sleep(400);
    const gone = await knife`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;
    cut += gone.count;
  }
  await knife.end();
  t.diagnostic(`${cut} connections cut`);
  assert.ok(cut > 0);
  for (const one of processes) {
    const how = await Promise.race([one.ended, sleep(10, "it runs")]);
    assert.equal(how, "it runs", one.output().slice(-5_000));
  }
}
