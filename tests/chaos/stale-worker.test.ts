import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Run } from "#db/schema/runs.ts";
import { until } from "#tests/support/until.ts";
import { expectWhole } from "./expect-whole.ts";
import { type Fleet, startFleet } from "./fleet.ts";

/** Everything that a worker may write of its runs, as it is now. */
async function writtenSoFar(fleet: Fleet) {
  const { sql } = fleet.core;
  const journal = await sql`select run_id, seq, event from run_events order by run_id, seq`;
  const ledger =
    await sql`select run_id, call_key, state, result, attempt from tool_calls order by run_id, call_key`;
  const checkpoints =
    await sql`select thread_id, checkpoint_id from checkpoints order by thread_id`;
  const writes =
    await sql`select thread_id, task_id, idx from checkpoint_writes order by thread_id, task_id, idx`;
  const messages = await sql`select run_id, idx from messages order by run_id, idx`;
  const runs = await sql`select id, status, last_seq, attempt from runs order by id`;
  return JSON.stringify([journal, ledger, checkpoints, writes, messages, runs]);
}

for (const idempotent of [true, false])
  test(`A worker that is stopped beyond its lease and goes on later writes nothing (${idempotent ? "idempotent" : "not idempotent"})`, async () => {
    await using fleet = await startFleet({ idempotent, takesMs: () => 1_000 });
    const { sql } = fleet.core;
    await fleet.start("janitor");
    const stale = await fleet.start("agent");
    await Promise.all([1, 2, 3].map((n) => fleet.submit(`session-${n}`, `errand ${n}`)));
    await until("the calls are made", () => fleet.acting.acts.length === 3);
    process.kill(stale.pid, "SIGSTOP");
    await fleet.start("agent");
    await until("another has dealt with them", async () => {
      await sleep(50);
      const open = await sql`select from runs where status not in ('completed', 'waiting')`;
      return open.count === 0;
    });
    const before = await writtenSoFar(fleet);
    process.kill(stale.pid, "SIGCONT");
    await until("it has noticed", async () => {
      await sleep(50);
      return stale.output().split("the lease was lost").length - 1 >= 3;
    });
    assert.equal(await writtenSoFar(fleet), before);
    const runs: Run[] = await expectWhole(sql);
    const keys = fleet.acting.acts.map((act) => act.key);
    if (idempotent) for (const run of runs) assert.equal(run.answer, `done ${run.input}`);
    else {
      assert.deepEqual(
        runs.map((run) => run.status),
        ["waiting", "waiting", "waiting"],
      );
      assert.equal(new Set(keys).size, keys.length, "a call was made twice");
    }
    await fleet.submit("session-4", "errand after");
    await until("the fleet goes on", async () => {
      const [run] = await sql<Run[]>`select * from runs where input = 'errand after'`;
      return run?.status === "completed";
    });
  });
