import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "#db/client.ts";
import { decide } from "#src/approvals/decide.ts";
import { RefusedError } from "#src/errors.ts";
import { recover } from "#src/runs/recover.ts";
import { stopRun } from "#src/runs/stop.ts";
import { until } from "#tests/support/until.ts";
import { type ByHand, OWNER, runsByHand, wordTool } from "./runs-by-hand.ts";

const asking = () => wordTool("ask", { tier: "ask" });

async function asked(hand: ByHand, runId: string, word: string) {
  const approval = (await hand.approvals(runId)).find((one) => one.args === `{"word":"${word}"}`);
  assert.ok(approval, `nobody was asked about ${word}`);
  return approval;
}

test("Calls of one message are answered in any order, and each runs once", async () => {
  const ask = asking();
  await using hand = await runsByHand([ask.tool]);
  const run = await hand.submit("ask A, ask B, ask C");
  assert.equal((await hand.execute(run.id)).status, "waiting");
  for (const [word, status] of [
    ["B", "waiting"],
    ["A", "waiting"],
    ["C", "completed"],
  ] as const) {
    await hand.decide((await asked(hand, run.id, word)).id, { type: "accept" });
    assert.equal((await hand.execute(run.id, hand.worker())).status, status, word);
  }
  assert.equal((await hand.run(run.id)).answer, "done | did A | did B | did C");
  assert.deepEqual(
    ask.calls.map((call) => call.word),
    ["B", "A", "C"],
  );
});

test("Free calls beside one that waits run at once, and not again at the resume", async () => {
  const ask = asking();
  const free = wordTool("free", { idempotent: true });
  await using hand = await runsByHand([ask.tool, free.tool]);
  const run = await hand.submit("ask A, free B, free C");
  assert.equal((await hand.execute(run.id)).status, "waiting");
  assert.equal(free.calls.length, 2);
  await hand.decide((await asked(hand, run.id, "A")).id, { type: "accept" });
  const ended = await hand.execute(run.id, hand.worker());
  assert.equal(ended.answer, "done | did A | did B | did C");
  assert.equal(free.calls.length, 2);
});

test("A worker that died before all calls of a message were asked or run: the next one does the rest", async () => {
  const ask = asking();
  const slow = wordTool("slow", { idempotent: true }, async (word) =>
    slow.calls.length === 1 ? new Promise<string>(() => {}) : `did ${word}`,
  );
  await using hand = await runsByHand([ask.tool, slow.tool]);
  const run = await hand.submit("ask A, slow B");
  void hand.execute(run.id, hand.worker());
  await until("A waits and B runs", async () => {
    const writes = await hand.sql`
      select from checkpoint_writes where thread_id = ${run.id} and channel = '__interrupt__'`;
    return slow.calls.length === 1 && writes.count === 1;
  });
  await hand.buryWorker(run);
  assert.equal((await hand.execute(run.id, hand.worker())).status, "waiting");
  assert.equal(slow.calls.length, 2, "B was not run while A waits");
  await hand.decide((await asked(hand, run.id, "A")).id, { type: "accept" });
  assert.equal((await hand.execute(run.id)).answer, "done | did A | did B");
  assert.equal(slow.calls.length, 2);
});

test("A decision that comes in while the run works on another one is not slept through", async () => {
  const go = Promise.withResolvers<string>();
  const ask = wordTool("ask", { tier: "ask" }, (word) =>
    word === "A" ? go.promise : Promise.resolve(`did ${word}`),
  );
  await using hand = await runsByHand([ask.tool]);
  const run = await hand.submit("ask A, ask B");
  await hand.execute(run.id);
  await hand.decide((await asked(hand, run.id, "A")).id, { type: "accept" });
  const executing = hand.execute(run.id);
  await until("A runs", () => ask.calls.length === 1);
  await hand.decide((await asked(hand, run.id, "B")).id, { type: "accept" });
  go.resolve("did A");
  assert.equal((await executing).status, "queued");
  assert.equal((await hand.execute(run.id)).answer, "done | did A | did B");
});

test("Two resumes at once of one approval: one wins, the other is told who, the tool runs once", async () => {
  const ask = asking();
  await using hand = await runsByHand([ask.tool]);
  const run = await hand.submit("ask A");
  await hand.execute(run.id);
  const { id } = await asked(hand, run.id, "A");
  const apart = [openDatabase(hand.databaseUrl), openDatabase(hand.databaseUrl)];
  const decisions = apart.map((sql) =>
    decide(
      { ...hand.core, sql },
      { approvalId: id, actor: OWNER, review: { type: "accept" }, via: "test" },
    ),
  );
  const [first, second] = await Promise.allSettled(decisions);
  await Promise.all(apart.map((sql) => sql.end()));
  const lost = [first, second].filter((one) => one?.status === "rejected");
  assert.equal(lost.length, 1);
  const reason = lost[0]?.reason;
  assert.ok(reason instanceof RefusedError);
  assert.equal(reason.code, "conflict");
  assert.equal(reason.details.decided_by, OWNER);
  const workers = Array.from({ length: 4 }, () => hand.execute(run.id, hand.worker()));
  await Promise.all(workers);
  assert.equal((await hand.run(run.id)).answer, "done | did A");
  assert.equal(ask.calls.length, 1);
});

test("Fifty decisions at once: one wins, 49 are told who, the tool runs once", async () => {
  const ask = asking();
  await using hand = await runsByHand([ask.tool]);
  const run = await hand.submit("ask A");
  await hand.execute(run.id);
  const { id } = await asked(hand, run.id, "A");
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, (_, n) =>
      hand.decide(id, n % 2 ? { type: "accept" } : { type: "respond", message: `${n}` }),
    ),
  );
  const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  assert.equal(refused.length, 49);
  for (const reason of refused) {
    assert.equal(reason.code, "conflict");
    assert.equal(reason.details.decided_by, OWNER);
  }
  await Promise.all(Array.from({ length: 5 }, () => hand.execute(run.id, hand.worker())));
  const ended = await hand.run(run.id);
  const [approval] = await hand.approvals(run.id);
  assert.equal(
    ended.answer,
    approval?.status === "accepted" ? "done | did A" : `done | [answered] ${approval?.note}`,
  );
  assert.equal(ask.calls.length, approval?.status === "accepted" ? 1 : 0);
});

test("An approval that nobody answered in its time: the model is told so, and the call does not run", async () => {
  const ask = asking();
  await using hand = await runsByHand([ask.tool]);
  const run = await hand.submit("ask A");
  await hand.execute(run.id);
  const later = Date.now() + 25 * 3_600_000;
  await recover({ ...hand.core, clock: () => new Date(later) }, 0);
  const ended = await hand.execute(run.id);
  assert.match(ended.answer ?? "", /\[expired\] Nobody answered/);
  assert.equal(ask.calls.length, 0);
});

test("A tool that changed between approval and execution is refused", async () => {
  const ask = asking();
  await using hand = await runsByHand([ask.tool]);
  const run = await hand.submit("ask A");
  await hand.execute(run.id);
  await hand.decide((await asked(hand, run.id, "A")).id, { type: "accept" });
  const changed = { ...ask.tool, description: "Deletes everything." };
  const ended = await hand.execute(
    run.id,
    hand.worker({ tools: () => new Map([["ask", changed]]) }),
  );
  assert.match(ended.answer ?? "", /has changed since it was approved, so it did not run/);
  assert.equal(ask.calls.length, 0);
});

for (const column of ["args", "edited_args"] as const)
  test(`Approved arguments that were tampered with in the table (${column}) are refused`, async () => {
    const ask = asking();
    await using hand = await runsByHand([ask.tool]);
    const run = await hand.submit("ask A");
    await hand.execute(run.id);
    const { id } = await asked(hand, run.id, "A");
    await hand.decide(
      id,
      column === "args" ? { type: "accept" } : { type: "edit", args: { word: "B" } },
    );
    await hand.sql`update approvals set ${hand.sql(column)} = '{"word":"C"}' where id = ${id}`;
    const ended = await hand.execute(run.id);
    assert.match(ended.answer ?? "", /are not those that were approved, so it did not run/);
    assert.equal(ask.calls.length, 0);
  });

test("A run that fails withdraws what waits beside the fault, and asks nothing after its end", async () => {
  const ask = asking();
  await using hand = await runsByHand([ask.tool]);
  const run = await hand.submit("ask A, ask B");
  await hand.execute(run.id);
  await hand.decide((await asked(hand, run.id, "A")).id, { type: "accept" });
  const broken = { ...ask.tool, check: () => assert.fail("a bug") };
  const tools = new Map([["ask", broken]]);
  const failed = await hand.execute(run.id, hand.worker({ tools: () => tools }));
  assert.equal(failed.status, "failed");
  assert.equal((await asked(hand, run.id, "B")).status, "withdrawn");
  assert.equal((await hand.events(run.id)).at(-1)?.type, "run.failed");
  const messages = await hand.messages(run.sessionId);
  assert.deepEqual(
    messages.map((message) => message.type),
    ["human", "ai", "tool", "tool"],
  );
});

test("A run that fails while a call of it is about to ask asks nothing any more", async () => {
  const ask = asking();
  const fatal = { ...wordTool("fatal").tool, check: () => assert.fail("a bug") };
  await using hand = await runsByHand([ask.tool, fatal]);
  const run = await hand.submit("ask A, fatal B");
  assert.equal((await hand.execute(run.id)).status, "failed");
  for (const { status } of await hand.approvals(run.id)) assert.equal(status, "withdrawn");
  assert.equal((await hand.events(run.id)).at(-1)?.type, "run.failed");
});

test("A run that waits is ended by a stop: its approvals are withdrawn and its calls answered", async () => {
  const ask = asking();
  await using hand = await runsByHand([ask.tool]);
  const run = await hand.submit("ask A, ask B");
  await hand.execute(run.id);
  await stopRun(hand.core, run.id, OWNER, "enough");
  const ended = await hand.execute(run.id);
  assert.equal(ended.status, "stopped");
  for (const { status } of await hand.approvals(run.id)) assert.equal(status, "withdrawn");
  assert.equal((await hand.events(run.id)).at(-1)?.type, "run.stopped");
});
