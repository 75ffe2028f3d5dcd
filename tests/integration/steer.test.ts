import assert from "node:assert/strict";
import { test } from "node:test";
import { claimRun } from "#db/queries/claim-run.ts";
import { endRun } from "#db/queries/end-run.ts";
import { execute } from "#src/runs/execute.ts";
import { openJournal } from "#src/runs/journal.ts";
import { work } from "#src/runs/work.ts";
import { until } from "#tests/support/until.ts";
import { DyingCheckpointer } from "./dying-checkpointer.ts";
import { type ByHand, runsByHand, wordTool } from "./runs-by-hand.ts";

/** A tool whose first call ends when the test says so. */
function slowTool() {
  const go = Promise.withResolvers<string>();
  const slow = wordTool("slow", { idempotent: true }, async (word) =>
    slow.calls.length === 1 ? go.promise : `did ${word}`,
  );
  return { slow, go };
}

/** What the humans of the session said and the model answered, in order. */
async function said(hand: ByHand, sessionId: string): Promise<string[]> {
  const messages = await hand.messages(sessionId);
  return messages.flatMap((message) => (message.type === "tool" ? [] : [message.content]));
}

test("Messages that steer a run are taken in before its next model call, in their order, and end with it", async () => {
  const { slow, go } = slowTool();
  await using hand = await runsByHand([slow.tool]);
  const run = await hand.submit("slow A");
  const executing = hand.execute(run.id);
  await until("A is called", () => slow.calls.length === 1);
  const steering = [
    await hand.submit("and also", { whileRunning: "steer" }),
    await hand.submit("slow B; slow C", { whileRunning: "steer" }),
  ];
  go.resolve("did A");
  await executing;
  if ((await hand.run(run.id)).status !== "completed") await hand.execute(run.id);
  const ended = await hand.run(run.id);
  assert.equal(ended.answer, "done | did B | did C");
  assert.deepEqual(await said(hand, run.sessionId), [
    "slow A",
    "",
    "and also",
    "slow B; slow C",
    "",
    "",
    "done | did B | did C",
  ]);
  for (const { id } of steering) {
    assert.equal((await hand.run(id)).status, "completed");
    assert.deepEqual(
      (await hand.events(id)).map((event) => event.type),
      ["run.queued", "steered", "run.completed"],
    );
  }
});

test("A message that steers a run too late becomes a turn of its own", async () => {
  const { slow, go } = slowTool();
  await using hand = await runsByHand([slow.tool]);
  const run = await hand.submit("slow A");
  const claim = await claimRun(hand.sql, run.id, "worker", 60_000);
  assert.ok(claim);
  const late = await hand.submit("hello", { whileRunning: "steer" });
  const held = { name: run.sessionId, fence: claim.fence };
  const ending = {
    status: "completed",
    answer: "",
    error: null,
    events: [],
    messages: [],
  } as const;
  const { next } = await endRun(hand.sql, held, {
    ...ending,
    runId: run.id,
    events: [],
    messages: [],
  });
  assert.equal(next, late.id);
  go.resolve("");
  assert.equal((await hand.execute(late.id)).answer, "done");
});

test("A message that steers a run before its first model call is taken in too", async () => {
  const act = wordTool("act");
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit("act A");
  const claim = await claimRun(hand.sql, run.id, "worker", 60_000);
  assert.ok(claim);
  await hand.submit("act B", { whileRunning: "steer" });
  const held = { name: run.sessionId, fence: claim.fence };
  const { signal } = new AbortController();
  const journal = openJournal(
    hand.core,
    { runId: run.id, sessionId: run.sessionId, held },
    () => {},
  );
  let asked = 0;
  await work(hand.core, claim, {
    held,
    journal,
    signal,
    pause: () => asked++ === 0,
    draining: () => false,
  });
  assert.equal((await hand.run(run.id)).answer, "done | did B");
  assert.deepEqual((await said(hand, run.sessionId)).slice(0, 2), ["act A", "act B"]);
});

test("A worker that dies as it takes in a message: the next one has it", async () => {
  const { slow, go } = slowTool();
  await using hand = await runsByHand([slow.tool]);
  const run = await hand.submit("slow A");
  const checkpointer = new DyingCheckpointer(hand.sql);
  const dead = hand.execute(run.id, hand.worker({ checkpointer }));
  await until("A is called", () => slow.calls.length === 1);
  const steering = await hand.submit("slow B", { whileRunning: "steer" });
  // The results of the tool's step, then the message: it dies before that one.
  checkpointer.dieAt((write) => write.kind === "put" && write.source === "update");
  await until("the worker knows of it", async () => {
    go.resolve("did A");
    return (await hand.run(steering.id)).status === "completed";
  });
  await checkpointer.died;
  await hand.buryWorker(run);
  const ended = await hand.execute(run.id, hand.worker());
  checkpointer.bury();
  await dead;
  assert.equal(ended.answer, "done | did B");
  assert.deepEqual((await said(hand, run.sessionId)).slice(0, 3), ["slow A", "", "slow B"]);
});

test("A message that interrupts stops the run that executes and is answered next", async () => {
  const act = wordTool(
    "act",
    {},
    (_, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit("act A");
  const executing = hand.execute(run.id);
  await until("A is called", () => act.calls.length === 1);
  const next = await hand.submit("hello", { whileRunning: "interrupt" });
  assert.equal((await executing).status, "stopped");
  assert.equal((await hand.execute(next.id)).answer, "done");
});

test("A worker that is to end lets the run go before its next model call, and another goes on", async () => {
  const { slow, go } = slowTool();
  await using hand = await runsByHand([slow.tool]);
  const run = await hand.submit("slow A");
  const drain = new AbortController();
  const executing = execute(hand.worker(), run.id, drain.signal);
  await until("A is called", () => slow.calls.length === 1);
  drain.abort();
  go.resolve("did A");
  await executing;
  const parked = await hand.run(run.id);
  assert.deepEqual([parked.status, parked.attempt, parked.recoveries], ["queued", 1, 0]);
  assert.equal((await hand.execute(run.id)).answer, "done | did A");
  assert.equal(slow.calls.length, 1);
});
