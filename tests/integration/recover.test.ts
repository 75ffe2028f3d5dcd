import assert from "node:assert/strict";
import { test } from "node:test";
import { claimRun } from "#db/queries/claim-run.ts";
import { acquireLease } from "#db/queries/leases.ts";
import { recover } from "#src/runs/recover.ts";
import { until } from "#tests/support/until.ts";
import { type ByHand, runsByHand, wordTool } from "./runs-by-hand.ts";

const forEver = () => new Promise<string>(() => {});

/** As if the run had been made ready so long ago, s. */
async function age(hand: ByHand, runId: string, seconds: number): Promise<void> {
  await hand.sql`
    update runs set queued_at = queued_at - ${seconds} * interval '1 second',
      updated_at = updated_at - ${seconds} * interval '1 second' where id = ${runId}`;
}

test("A run of a dead worker is queued again once its lease is over, and not before", async () => {
  await using hand = await runsByHand([]);
  const run = await hand.submit("hello");
  await claimRun(hand.sql, run.id, "dead", 60_000);
  assert.equal((await recover(hand.core, 0)).requeued, 0);
  await hand.sql`update leases set expires_at = clock_timestamp()`;
  assert.equal((await recover(hand.core, 0)).requeued, 1);
  assert.equal((await recover(hand.core, 0)).requeued, 0);
  assert.equal((await hand.execute(run.id)).answer, "done");
});

test("A run whose job is gone gets another, under another id, and less and less often", async () => {
  await using hand = await runsByHand([]);
  const run = await hand.submit("hello");
  const rounds: [aged: number, readded: number][] = [
    [0, 0],
    [3, 1],
    [0, 0],
    [2, 0],
    [10, 1],
    [5, 0],
  ];
  for (const [aged, readded] of rounds) {
    await age(hand, run.id, aged);
    assert.equal((await recover(hand.core, 0)).readded, readded, `after ${aged} s more`);
  }
  assert.equal((await hand.run(run.id)).wake, 2);
});

test("A job is added only for the first run of a session, and for none that is held up", async () => {
  await using hand = await runsByHand([wordTool("ask", { tier: "ask" }).tool]);
  const first = await hand.submit("ask A");
  const second = await hand.submit("hello");
  for (const { id } of [first, second]) await age(hand, id, 10);
  assert.equal((await recover(hand.core, 0)).readded, 1);
  assert.deepEqual([(await hand.run(first.id)).wake, (await hand.run(second.id)).wake], [1, 0]);
  await hand.execute(first.id);
  await hand.sql`update sessions set settings = '{"whileWaiting": "queue"}'`;
  await age(hand, second.id, 10);
  assert.equal((await recover(hand.core, 0)).readded, 0);
});

test("A run that keeps killing its workers is given up, in words", async () => {
  const act = wordTool("act", { idempotent: true }, forEver);
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit("act A");
  for (let death = 1; death <= 6; death++) {
    void hand.execute(run.id, hand.worker());
    await until("A is called", () => act.calls.length === death);
    await hand.buryWorker(run);
  }
  const ended = await hand.execute(run.id);
  assert.equal(ended.error?.code, "too_many_crashes");
  assert.match(ended.error?.message ?? "", /its worker died 6 times/);
});

test("A run that gets on from one death of its worker to the next is not given up", async () => {
  const words = "abcdefgh".split("");
  const act = wordTool("act", { idempotent: true }, async (word) =>
    act.calls.filter((call) => call.word === word).length === 1 ? forEver() : word,
  );
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit(words.map((word) => `act ${word}`).join("; "));
  for (let death = 1; death <= words.length; death++) {
    void hand.execute(run.id, hand.worker());
    await until("a call hangs", () => act.calls.length === 2 * death - 1);
    await until("what was done is in the journal", async () => {
      const events = await hand.events(run.id);
      return events.filter((event) => event.type === "tool.finished").length === death - 1;
    });
    await hand.buryWorker(run);
  }
  assert.equal((await hand.execute(run.id)).answer, `done | ${words.join(" | ")}`);
});

test("What a dead worker had told of a message is taken back before another writes it again", async () => {
  let asked = 0;
  await using hand = await runsByHand([], async () => {
    asked += 1;
    if (asked === 1) return { text: "it goes on and on ".repeat(100), chunkDelayMs: 100 };
    return { text: "whole" };
  });
  const run = await hand.submit("hello");
  void hand.execute(run.id, hand.worker());
  await until("some of it is in the journal", async () =>
    (await hand.events(run.id)).some((event) => event.type === "text.delta"),
  );
  await hand.buryWorker(run);
  await hand.execute(run.id, hand.worker());
  const events = await hand.events(run.id);
  const types = events.map((event) => event.type);
  assert.deepEqual(types.slice(types.lastIndexOf("run.started")), [
    "run.started",
    "text.discarded",
    "text.delta",
    "run.completed",
  ]);
  const spoken = events.find((event) => event.type === "text.delta");
  const discarded = events.find((event) => event.type === "text.discarded");
  assert.ok(spoken && discarded);
  assert.equal(discarded.message, spoken.message);
});

test("A run that ends while a worker waits for its lease leaves the session free", async () => {
  await using hand = await runsByHand([]);
  const run = await hand.submit("hello");
  const claiming = await hand.sql.begin(async (tx) => {
    await tx`select from runs where id = ${run.id} for update`;
    const claiming = claimRun(hand.sql, run.id, "late", 60_000);
    await until("the claim waits", async () => {
      const waiting = await hand.sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      return waiting.count > 0;
    });
    await tx`update runs set status = 'stopped', finished_at = now() where id = ${run.id}`;
    return { claiming };
  });
  assert.equal(await claiming.claiming, undefined);
  assert.ok(await acquireLease(hand.sql, run.sessionId, "next", 1_000));
});

test("Only one of twenty workers gets a run", async () => {
  const act = wordTool("act", { idempotent: true });
  await using hand = await runsByHand([act.tool]);
  const run = await hand.submit("act A");
  await Promise.all(Array.from({ length: 20 }, () => hand.execute(run.id, hand.worker())));
  assert.equal((await hand.run(run.id)).answer, "done | did A");
  assert.equal(act.calls.length, 1);
});
