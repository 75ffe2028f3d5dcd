import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "#tests/support/until.ts";
import { expectAllDone, submitMany } from "./expect-all-done.ts";
import { startFleet } from "./fleet.ts";

const RUNS = 50;

test("SIGTERM in the middle of 50 runs, worker after worker: each ends with 0, no run is lost, no call made twice", async () => {
  await using fleet = await startFleet({ idempotent: false, steps: 3, takesMs: () => 150 });
  const { sql } = fleet.core;
  await fleet.start("janitor");
  const workers = await Promise.all([1, 2, 3].map(() => fleet.start("agent")));
  await submitMany(fleet, RUNS, 10);
  for (const worker of workers.slice(1)) {
    await until("the worker works", async () => {
      await sleep(10);
      const held = await sql`
        select from leases l join runs r on r.session_id = l.name and r.status = 'running'
        where l.expires_at > clock_timestamp() and l.holder like ${`%-${worker.pid}-%`}`;
      return held.count > 0;
    });
    await worker.kill("SIGTERM");
    assert.equal(await worker.ended, 0, worker.output());
  }
  await expectAllDone(fleet, RUNS);
  const keys = fleet.acting.acts.map((act) => act.key);
  assert.equal(new Set(keys).size, keys.length, "a call was made twice");
  const [{ count } = { count: 0 }] = await sql<{ count: number }[]>`
    select count(*) from approvals`;
  assert.equal(count, 0, "somebody was asked about a call that was let go in order");
});
