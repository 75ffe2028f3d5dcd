import assert from "node:assert/strict";
import { test } from "node:test";
import { RefusedError } from "#src/errors.ts";
import { stopRun } from "#src/runs/stop.ts";
import { until } from "#tests/support/until.ts";
import { type ByHand, OWNER, runsByHand, wordTool } from "./runs-by-hand.ts";

const untilAborted = (signal: AbortSignal) =>
  new Promise<string>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

async function expectStopped(hand: ByHand, runId: string): Promise<void> {
  const run = await hand.run(runId);
  assert.equal(run.status, "stopped");
  assert.equal((await hand.events(runId)).at(-1)?.type, "run.stopped");
  for (const { status } of await hand.approvals(runId)) assert.notEqual(status, "pending");
}

test("A run that nobody has begun ends at once, and is never executed", async () => {
  const act = wordTool("act");
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit("act A");
  assert.equal((await stopRun(hand.core, run.id, OWNER)).status, "stopped");
  await hand.execute(run.id);
  await expectStopped(hand, run.id);
  assert.equal(act.calls.length, 0);
});

test("A run that executes is aborted, and the next of its session goes on", async () => {
  const act = wordTool("act", { idempotent: true }, (_, signal) => untilAborted(signal));
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit("act A");
  const next = await hand.submit("hello");
  const executing = hand.execute(run.id);
  await until("A is called", () => act.calls.length === 1);
  await stopRun(hand.core, run.id, OWNER, "enough");
  await executing;
  await expectStopped(hand, run.id);
  assert.equal((await hand.run(next.id)).wake, 1);
  assert.equal((await hand.execute(next.id)).answer, "done");
});

test("A stop that comes as the run begins to wait is not slept through", async () => {
  const ask = wordTool("ask", {
    tier: "ask",
    // Asked for right before the approval is made: the worker has not looked at the run again when it parks it.
    async preview() {
      await hand.sql`update runs set stop_requested = '{"by": null, "reason": "enough"}'`;
      return "";
    },
  });
  const hand = await runsByHand([ask.tool]);
  await using _ = hand;
  const run = await hand.submit("ask A");
  const parked = await hand.execute(run.id);
  if (parked.status !== "stopped") {
    assert.equal(parked.status, "queued");
    await hand.execute(run.id);
  }
  await expectStopped(hand, run.id);
  assert.equal(ask.calls.length, 0);
});

test("A run that waits though all it asked was decided is ended by a stop as well", async () => {
  const ask = wordTool("ask", { tier: "ask" });
  await using hand = await runsByHand([ask.tool]);
  const run = await hand.submit("ask A");
  await hand.execute(run.id);
  await hand.sql`update approvals set status = 'withdrawn' where run_id = ${run.id}`;
  await stopRun(hand.core, run.id, OWNER);
  assert.equal((await hand.run(run.id)).status, "queued");
  await hand.execute(run.id);
  await expectStopped(hand, run.id);
});

test("A run whose worker died is stopped by the next one, and not begun again", async () => {
  const act = wordTool("act", { idempotent: true }, (_, signal) => untilAborted(signal));
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit("act A");
  void hand.execute(run.id, hand.worker());
  await until("A is called", () => act.calls.length === 1);
  await hand.buryWorker(run);
  await stopRun(hand.core, run.id, OWNER);
  await hand.execute(run.id, hand.worker());
  await expectStopped(hand, run.id);
  assert.equal(act.calls.length, 1);
});

test("A run that has ended stays as it is; one that is not there is refused", async () => {
  await using hand = await runsByHand([]);
  const run = await hand.submit("hello");
  const ended = await hand.execute(run.id);
  assert.equal((await stopRun(hand.core, run.id, OWNER)).status, "completed");
  assert.equal((await hand.run(run.id)).lastSeq, ended.lastSeq);
  await assert.rejects(stopRun(hand.core, "run_none", OWNER), RefusedError);
});

test("Ten stops of one run at once end it once", async () => {
  const ask = wordTool("ask", { tier: "ask" });
  await using hand = await runsByHand([ask.tool]);
  const run = await hand.submit("ask A, ask B");
  await hand.execute(run.id);
  await Promise.all(Array.from({ length: 10 }, () => stopRun(hand.core, run.id, OWNER)));
  await hand.execute(run.id);
  await expectStopped(hand, run.id);
  const events = await hand.events(run.id);
  assert.equal(events.filter((event) => event.type === "run.stopped").length, 1);
});
