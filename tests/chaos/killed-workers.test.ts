import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "#db/client.ts";
import type { WorkerProcess } from "#tests/support/process.ts";
import { testRedis } from "#tests/support/redis.ts";
import { until } from "#tests/support/until.ts";
import { settled } from "./expect-all-done.ts";
import { expectWhole } from "./expect-whole.ts";
import { type Fleet, startFleet } from "./fleet.ts";

/*
 * Two workers, 200 runs over 20 sessions, a worker killed and started again 20 times. Here every second and a half or
 * as soon as the other worker is ready, so that it ends in about a minute; CHAOS_KILL_MS=4000 kills every 4 s.
 */
const KILL_MS = Number(process.env.CHAOS_KILL_MS ?? 1_500);
const KILLS = 20;
const SESSIONS = 20;
const RUNS_EACH = 10;
const RUNS_PER_KILL = (SESSIONS * RUNS_EACH) / KILLS;

test("Workers killed 20 times, an idempotent tool: every run ends once, sessions stay in order", async (t) => {
  await using fleet = await startFleet({ idempotent: true, steps: 2 });
  const { sql } = fleet.core;
  await submitWhileKilling(t, fleet);
  await settled(sql, ["completed", "failed"]);
  const runs = await expectWhole(sql);
  assert.equal(runs.length, SESSIONS * RUNS_EACH);
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
  assert.equal(runs.length, SESSIONS * RUNS_EACH);
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
  await fleet.start("janitor");
  const recovered = await killInTurn(fleet, [fleet.start("agent"), fleet.start("agent")]);
  recovered.sort((a, b) => a - b);
  const at = (part: number) => recovered[Math.ceil(recovered.length * part) - 1]?.toFixed(0);
  t.diagnostic(
    `${recovered.length} runs of killed workers went on after p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, at most ${at(1)} ms`,
  );
}

/** A tenth of a session's runs before each second kill; gives how long each run that was hit stood still, ms. */
async function killInTurn(fleet: Fleet, workers: Promise<WorkerProcess>[]): Promise<number[]> {
  const { sql } = fleet.core;
  const recoveries: Promise<number[]>[] = [];
  let next = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const ready = await Promise.all(workers);
    for (let n = 0; n < RUNS_PER_KILL; n++, next++) {
      const session = next % SESSIONS;
      await fleet.submit(`session-${session}`, `errand ${session}.${Math.floor(next / SESSIONS)}`);
      await sleep(KILL_MS / RUNS_PER_KILL);
    }
    const { at, victim, hit } = await busyOne(sql, ready, kill % 2);
    await victim.kill();
    recoveries.push(timeRecovery(sql, hit));
    workers[at] = fleet.start("agent");
  }
  await Promise.all(workers);
  return (await Promise.all(recoveries)).flat();
}

/** A worker that holds a run; where all is done before one is caught at it, the one whose turn it is. */
async function busyOne(sql: Sql, workers: WorkerProcess[], turn: number) {
  const order = [turn, 1 - turn];
  const found = await until(
    "a worker works",
    async () => {
      for (const at of order) {
        const victim = workers[at];
        const hit = victim && (await runsOf(sql, victim));
        if (victim && hit) return { at, victim, hit };
      }
      return undefined;
    },
    3_000,
  ).catch(() => undefined);
  const idle = workers[turn];
  assert.ok(idle);
  return found ?? { at: turn, victim: idle, hit: [] };
}

type Hit = { id: string; lastSeq: number };

async function runsOf(sql: Sql, worker: WorkerProcess): Promise<Hit[] | undefined> {
  const runs = await sql<Hit[]>`
    select r.id, r.last_seq from leases l join runs r on r.session_id = l.name and r.status = 'running'
    where l.expires_at > clock_timestamp() and l.holder like ${`%-${worker.pid}-%`}`;
  return runs.length > 0 ? runs : undefined;
}

/** Only runs that begin anew count: one may just have ended as the kill came. */
async function timeRecovery(sql: Sql, hit: Hit[]): Promise<number[]> {
  const killed = performance.timeOrigin + performance.now();
  const times = hit.map(async ({ id, lastSeq }) => {
    const next = await asLongAsItTakes(`${id} goes on`, async () => {
      const [row] = await sql<{ over: boolean; at: Date | null }[]>`
        select r.finished_at is not null or r.status = 'waiting' as over,
          (select min(e.at) from run_events e where e.run_id = r.id and e.seq > ${lastSeq}
            and e.at > ${new Date(killed)} and e.event->>'type' = 'run.started') as at
        from runs r where r.id = ${id}`;
      return (row?.over || row?.at) && row;
    });
    return next.at ? [next.at.getTime() - killed] : [];
  });
  return (await Promise.all(times)).flat();
}

/** Asks ten times a second, for a minute and a half at most. */
function asLongAsItTakes<T>(
  what: string,
  ask: () => Promise<T | undefined | false | null>,
): Promise<T> {
  return until(what, () => sleep(100).then(ask), 90_000);
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
    assert.equal(positions.length, RUNS_EACH);
  }
}

function twice(keys: string[]): string[] {
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}
