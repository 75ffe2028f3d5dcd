import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "#tests/support/until.ts";
import { settled, submitMany } from "./expect-all-done.ts";
import { expectWhole } from "./expect-whole.ts";
import { startFleet } from "./fleet.ts";
import { runsOf } from "./kill-in-turn.ts";

const RUNS = 50;

test("SIGTERM in the middle of 50 runs, worker after worker: each ends with 0, no run is lost, no call made twice", async () => {
  await using fleet = await startFleet({ idempotent: false, steps: 3, takesMs: () => 150 });
  const { sql } = fleet.core;
  await fleet.start("janitor");
  const workers = await Promise.all([1, 2, 3].map(() => fleet.start("agent")));
  await submitMany(fleet, RUNS, 10);
  for (const worker of workers.slice(1)) {
    await until("the worker works", () => runsOf(sql, worker));
    await worker.kill("SIGTERM");
    assert.equal(await worker.ended, 0, worker.output());
  }
  // A machine that stands still for three seconds costs a lease, and then somebody is asked about its call.
  await settled(sql, ["completed", "waiting"]);
  const runs = await expectWhole(sql);
  assert.equal(runs.length, RUNS);
  const keys = fleet.acting.acts.map((act) => act.key);
  assert.equal(new Set(keys).size, keys.length, "a call was made twice");
});
