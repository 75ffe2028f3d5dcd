import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Sql } from "#db/client.ts";
import { testRedis } from "#tests/support/redis.ts";
import { settled } from "./expect-all-done.ts";
import { expectWhole } from "./expect-whole.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { killInTurn, spread } from "./kill-in-turn.ts";

/*
 * Two workers, 200 runs over 20 sessions, a worker killed and started again 20 times. Here every second and a half or
 * as soon as the other worker is ready, so that it ends in about a minute; CHAOS_KILL_MS=4000 kills every 4 s.
 */
const KILL_MS = Number(process.env.CHAOS_KILL_MS ?? 1_500);
const SESSIONS = 20;
const RUNS_EACH = 10;

test("Workers killed 20 times, an idempotent tool: every run ends once, sessions stay in order", async (t) => {
  await using fleet = await startFleet({ idempotent: true, steps: 2 });
  const { sql } = fleet.core;
  await submitWhileKilling(t, fleet);
  await settled(sql, ["completed", "failed"]);
  const runs = await expectWhole(sql);
  assert.ok(runs.length >= SESSIONS * RUNS_EACH);
  for (const run of runs) {
    assert.equal(run.status, "completed", `${run.id}: ${run.error?.message}`);
    assert.equal(run.answer, `done ${run.input}`);
  }
  await expectTurnsInOrder(sql);
  const wanted = runs.flatMap((run) => [`${run.input} 1`, `${run.input} 2`]);
  assert.deepEqual(new Set(fleet.acting.texts()), new Set(wanted));
});

test("Workers killed 20 times, a tool that must not run twice: every run ends or asks, no call is made twice", async (t) => {
  await using redis = await testRedis();
  await using fleet = await startFleet({ idempotent: false, steps: 2, redisUrl: redis.url });
  const { sql } = fleet.core;
  await submitWhileKilling(t, fleet);
  await settled(sql, ["completed", "failed", "waiting"]);
  const runs = await expectWhole(sql);
  assert.ok(runs.length >= SESSIONS * RUNS_EACH);
  assert.deepEqual(twice(fleet.acting.acts.map((act) => act.key)), []);
  assert.deepEqual(twice(fleet.acting.texts()), []);
  const asked = await sql<{ runId: string }[]>`
    select run_id from approvals where kind = 'outcome_unknown' and status = 'pending'`;
  assert.deepEqual(
    new Set(asked.map((approval) => approval.runId)),
    new Set(runs.filter((run) => !run.finishedAt).map((run) => run.id)),
  );
  for (const run of runs.filter((run) => run.finishedAt))
    assert.equal(run.answer, `done ${run.input}`);
  t.diagnostic(`${asked.length} of ${runs.length} runs ask what became of a call`);
  assert.ok(asked.length > 0, "no kill hit a call");
});

async function submitWhileKilling(t: TestContext, fleet: Fleet): Promise<void> {
  const stoodStill = await killInTurn(fleet, {
    kills: 20,
    everyMs: KILL_MS,
    sessions: SESSIONS,
    runs: SESSIONS * RUNS_EACH,
  });
  const { p50, p95, most } = spread(stoodStill);
  t.diagnostic(
    `${stoodStill.length} runs of killed workers went on after p50 ${p50} ms, p95 ${p95} ms, at most ${most} ms`,
  );
}

/** The transcript of each session tells its runs in the order in which they were submitted. */
async function expectTurnsInOrder(sql: Sql): Promise<void> {
  const rows = await sql<{ sessionId: string; position: number }[]>`
    select m.session_id, r.position from messages m join runs r on r.id = m.run_id
    where m.idx = 0 order by m.session_id, m.seq`;
  const sessions = Map.groupBy(rows, (row) => row.sessionId);
  assert.equal(sessions.size, SESSIONS);
  for (const turns of sessions.values()) {
    const positions = turns.map((turn) => turn.position);
    assert.deepEqual(
      positions,
      positions.toSorted((a, b) => a - b),
    );
    assert.ok(positions.length >= RUNS_EACH);
  }
}

function twice(keys: string[]): string[] {
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}
