import assert from "node:assert/strict";
import { test } from "node:test";
import { stopRun } from "#src/runs/stop.ts";
import { until } from "#tests/support/until.ts";
import { type ByHand, OWNER, runsByHand, wordTool } from "./runs-by-hand.ts";

const forEver = () => new Promise<string>(() => {});
const untilAborted = (signal: AbortSignal) =>
  new Promise<string>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** A run whose first call was started by a worker that then died, as the next worker leaves it: asking. */
async function runWithLostCall(hand: ByHand, calls: unknown[], input = "act A") {
  const run = await hand.submit(input);
  const dead = hand.execute(run.id, hand.worker());
  await until("the call is made", () => calls.length === 1);
  await hand.buryWorker(run);
  const waiting = await hand.execute(run.id, hand.worker());
  assert.equal(waiting.status, "waiting");
  assert.equal(calls.length, 1, "the call was made again");
  const [approval] = await hand.approvals(run.id);
  assert.ok(approval);
  assert.equal(approval.kind, "outcome_unknown");
  assert.deepEqual(approval.allowed, ["accept", "respond", "reject"]);
  return { run, approval, dead };
}

/** The first call of the tool never ends, as if its worker had died in it; later ones do. */
function cutOffOnce() {
  const act = wordTool("act", {}, async (word) =>
    act.calls.length === 1 ? forEver() : `did ${word}`,
  );
  return act;
}

async function ledgerOf(hand: ByHand, runId: string) {
  const [row, ...others] = await hand.sql<
    { state: string; starts: number; result: string | null }[]
  >`
    select state, starts, result from tool_calls where run_id = ${runId}`;
  assert.equal(others.length, 0);
  return row && { ...row };
}

test("A call that was started and has no result: accept runs it again, once, with the same idempotency key", async () => {
  const act = cutOffOnce();
  await using hand = await runsByHand([act.tool]);
  const { run, approval } = await runWithLostCall(hand, act.calls);
  await hand.decide(approval.id, { type: "accept" });
  const ended = await hand.execute(run.id);
  assert.equal(ended.answer, "done | did A");
  assert.equal(act.calls.length, 2);
  assert.equal(act.calls[0]?.key, act.calls[1]?.key);
  assert.deepEqual(await ledgerOf(hand, run.id), { state: "done", starts: 2, result: "did A" });
});

test("A call that was started and has no result: respond says what came of it, and it does not run", async () => {
  const act = cutOffOnce();
  await using hand = await runsByHand([act.tool]);
  const { run, approval } = await runWithLostCall(hand, act.calls);
  await hand.decide(approval.id, { type: "respond", message: "it is booked, I looked" });
  const ended = await hand.execute(run.id);
  assert.equal(ended.answer, "done | [answered] it is booked, I looked");
  assert.equal(act.calls.length, 1);
});

test("A call that was started and has no result: rejected, it is not run and the model is told that nobody knows", async () => {
  const act = cutOffOnce();
  await using hand = await runsByHand([act.tool]);
  const { run, approval } = await runWithLostCall(hand, act.calls);
  await hand.decide(approval.id, { type: "reject" });
  const ended = await hand.execute(run.id);
  assert.match(ended.answer ?? "", /not known whether this call took effect/);
  assert.equal(act.calls.length, 1);
  assert.equal((await ledgerOf(hand, run.id))?.state, "failed");
});

test("A call that is run again and cut off again asks again", async () => {
  const act = wordTool("act", {}, forEver);
  await using hand = await runsByHand([act.tool]);
  const { run, approval } = await runWithLostCall(hand, act.calls);
  await hand.decide(approval.id, { type: "accept" });
  void hand.execute(run.id, hand.worker());
  await until("it is called again", () => act.calls.length === 2);
  await hand.buryWorker(run);
  const waiting = await hand.execute(run.id, hand.worker());
  assert.equal(waiting.status, "waiting");
  const asked = await hand.approvals(run.id);
  assert.deepEqual(
    asked.map((one) => one.status),
    ["accepted", "pending"],
  );
  assert.equal(act.calls.length, 2);
});

test("The late result of a worker that lost its lease is not written", async () => {
  const results = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const act = wordTool("act", {}, () => results[act.calls.length - 1]?.promise ?? forEver());
  await using hand = await runsByHand([act.tool]);
  const { run, approval, dead } = await runWithLostCall(hand, act.calls);
  results[0]?.resolve("late");
  await dead;
  assert.deepEqual(await ledgerOf(hand, run.id), {
    state: "outcome_unknown",
    starts: 1,
    result: null,
  });
  results[1]?.resolve("in time");
  await hand.decide(approval.id, { type: "accept" });
  assert.equal((await hand.execute(run.id)).answer, "done | in time");
});

test("An idempotent call that was cut off is simply run again", async () => {
  const act = wordTool("act", { idempotent: true }, async (word) =>
    act.calls.length === 1 ? forEver() : `did ${word}`,
  );
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit("act A");
  void hand.execute(run.id, hand.worker());
  await until("the call is made", () => act.calls.length === 1);
  await hand.buryWorker(run);
  const ended = await hand.execute(run.id, hand.worker());
  assert.equal(ended.answer, "done | did A");
  assert.equal(act.calls[0]?.key, act.calls[1]?.key);
});

test("A call whose result is written down is not made again where the worker died right after", async () => {
  const act = wordTool("act");
  await using hand = await runsByHand([
    act.tool,
    wordTool("slow", { idempotent: true }, async (word) =>
      slow++ === 0 ? forEver() : `did ${word}`,
    ).tool,
  ]);
  let slow = 0;
  const run = await hand.submit("act A, slow B");
  void hand.execute(run.id, hand.worker());
  await until("A is written down", async () => (await ledgerOf(hand, run.id))?.state === "done");
  await hand.buryWorker(run);
  const ended = await hand.execute(run.id, hand.worker());
  assert.equal(ended.answer, "done | did A | did B");
  assert.equal(act.calls.length, 1);
});

test("A call over its time is aborted and asks what became of it", async () => {
  const act = wordTool("act", { timeoutMs: 50 }, (_, signal) => untilAborted(signal));
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit("act A");
  const waiting = await hand.execute(run.id);
  assert.equal(waiting.status, "waiting");
  assert.equal(act.calls[0]?.signal.aborted, true);
  const [approval] = await hand.approvals(run.id);
  assert.equal(approval?.kind, "outcome_unknown");
  await hand.decide(approval?.id ?? "", { type: "respond", message: "no" });
  assert.equal((await hand.execute(run.id)).answer, "done | [answered] no");
});

test("An idempotent call over its time is an error that the model reads", async () => {
  const act = wordTool("act", { timeoutMs: 50, idempotent: true }, forEver);
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit("act A");
  assert.match((await hand.execute(run.id)).answer ?? "", /no result within 0\.05 s/);
});

test("A stop in the middle of a call aborts it, and the run ends with its outcome unknown", async () => {
  const act = wordTool("act", {}, (_, signal) => untilAborted(signal));
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit("act A");
  const executing = hand.execute(run.id);
  await until("the call is made", () => act.calls.length === 1);
  await stopRun(hand.core, run.id, OWNER, "enough");
  const ended = await executing;
  assert.equal(ended.status, "stopped");
  assert.equal(act.calls[0]?.signal.aborted, true);
  assert.equal((await ledgerOf(hand, run.id))?.state, "outcome_unknown");
  const last = (await hand.events(run.id)).at(-1);
  assert.ok(last?.type === "run.stopped");
  assert.match(last.done.join(), /act: was started; whether it took effect is not known/);
  const messages = await hand.messages(run.sessionId);
  assert.deepEqual(
    messages.map((message) => message.type),
    ["human", "ai", "tool"],
  );
});

test("A tool that failed has failed: the model reads why, and nobody is asked", async () => {
  const act = wordTool("act", {}, async () => {
    throw new Error("no rooms left");
  });
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit("act A");
  assert.match((await hand.execute(run.id)).answer ?? "", /no rooms left/);
  assert.equal((await ledgerOf(hand, run.id))?.state, "failed");
});

test("A tool that changed since somebody agreed to run it again is not run", async () => {
  const act = cutOffOnce();
  await using hand = await runsByHand([act.tool]);
  const { run, approval } = await runWithLostCall(hand, act.calls);
  await hand.decide(approval.id, { type: "accept" });
  const changed = { ...act.tool, description: "Deletes everything." };
  const ended = await hand.execute(
    run.id,
    hand.worker({ tools: () => new Map([["act", changed]]) }),
  );
  assert.match(
    ended.answer ?? "",
    /not known whether this call took effect, and it was not run again/,
  );
  assert.equal(act.calls.length, 1);
});
