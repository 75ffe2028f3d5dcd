import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "#db/client.ts";
import type { RunStatus } from "#src/events.ts";
import { until } from "#tests/support/until.ts";
import { expectWhole } from "./expect-whole.ts";
import type { Fleet } from "./fleet.ts";

/** Waits until every run is in one of these, a minute and a half at most: then says what became of the others. */
export async function settled(sql: Sql, statuses: RunStatus[]): Promise<void> {
  const isSettled = async () => (await openRuns(sql, statuses, 1)).length === 0;
  try {
    await until("every run is through", () => sleep(100).then(isSettled), 90_000);
  } catch (cause) {
    throw new Error(JSON.stringify(await openRuns(sql, statuses, 5)), { cause });
  }
}

function openRuns(sql: Sql, statuses: RunStatus[], limit: number) {
  return sql`
    select r.id, r.status, r.attempt, r.wake, r.recoveries, r.queued_at, l.holder, l.expires_at,
      (select json_agg(e.event->>'type' order by e.seq) from run_events e where e.run_id = r.id) as events
    from runs r left join leases l on l.name = r.session_id
    where r.status <> all(${statuses}) order by r.position limit ${limit}`;
}

/** Every one of `count` runs completes, once and whole, and its calls were made. */
export async function expectAllDone(fleet: Fleet, count: number): Promise<void> {
  const { sql } = fleet.core;
  await settled(sql, ["completed", "failed", "stopped"]);
  const runs = await expectWhole(sql);
  assert.equal(runs.length, count);
  for (const run of runs) {
    assert.equal(run.status, "completed", `${run.id}: ${run.error?.message}`);
    assert.equal(run.answer, `done ${run.input}`);
  }
  const texts = new Set(fleet.acting.acts.map((act) => act.text));
  assert.deepEqual(texts, new Set(runs.map((run) => run.input)));
}

/** `count` runs over `sessions` sessions, as fast as they are taken in. */
export async function submitMany(fleet: Fleet, count: number, sessions: number): Promise<void> {
  const each = Array.from({ length: sessions }, async (_, session) => {
    for (let n = session; n < count; n += sessions)
      await fleet.submit(`session-${session}`, `errand ${session}.${n}`);
  });
  await Promise.all(each);
}
