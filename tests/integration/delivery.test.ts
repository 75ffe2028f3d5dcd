import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openDatabase, type Sql } from "#db/client.ts";
import type { Adapter } from "#src/adapter.ts";
import { openLog } from "#src/log.ts";
import { type Announcements, openAnnouncements } from "#src/ports/announcements.ts";
import { deliverPlace } from "#src/runs/deliver.ts";
import { type DeliveryLoopOptions, startDeliveryLoop } from "#src/runs/delivery-loop.ts";
import { STUCK_AFTER } from "#src/runs/next-turn.ts";
import { type TestDatabase, testDatabase } from "#tests/support/database.ts";
import { eventually } from "#tests/support/eventually.ts";
import { appendRows, deltas, done, insertRun, says } from "#tests/support/journal-rows.ts";
import { type Fault, POST_LENGTH, scriptedPlatform } from "#tests/support/scripted-platform.ts";

let database: TestDatabase;
let sql: Sql;
let announcements: Announcements;
const log = openLog({ level: "silent", name: "test", secrets: [] });
let workers = 0;
let places = 0;

before(async () => {
  database = await testDatabase();
  sql = openDatabase(database.url);
  announcements = await openAnnouncements({ databaseUrl: database.url });
});
after(async () => {
  await announcements[Symbol.asyncDispose]();
  await sql.end();
  await database[Symbol.asyncDispose]();
});

function startWorker(adapter: Adapter, options: Partial<DeliveryLoopOptions> = {}) {
  const adapters = new Map([[adapter.platform, adapter]]);
  workers += 1;
  return startDeliveryLoop({
    ...{ sql, adapters, announcements, log, holder: `worker-${workers}`, pollMs: 20 },
    retryDelay: () => 5,
    ...options,
  });
}

function newPlace(): string {
  places += 1;
  return `slack:T1:C1:${places}.1`;
}

function untilDone(run: string): Promise<unknown> {
  return eventually(`every destination of ${run} is done`, async () => {
    const open = await sql`select from destinations where run_id = ${run} and not done`;
    return open.count === 0;
  });
}

/** What goes wrong with the requests one after another; then nothing. */
function faults(...script: Fault[]): () => Fault {
  return () => script.shift() ?? "none";
}

test("a journal is posted in order, an event with more than fits in several posts", async () => {
  const place = newPlace();
  const platform = scriptedPlatform();
  await using _worker = startWorker(platform.adapter);
  const long = "abcdefghijklmnopqrstuvwxyz";
  const run = await insertRun(sql, [place], [says("one"), says(long), says("two"), done("ok")]);
  await untilDone(run);
  assert.deepEqual(
    platform.posts.map(({ text }) => text),
    ["one", long.slice(0, 12), long.slice(12, 24), long.slice(24), "two", "(ok)"],
  );
});

test("a run is shown at each of its places", async () => {
  const [here, there] = [newPlace(), newPlace()];
  const platform = scriptedPlatform();
  await using _worker = startWorker(platform.adapter);
  const run = await insertRun(sql, [here, there], [says("one"), done("ok")]);
  await untilDone(run);
  assert.equal(platform.textOf(run, here), "one(ok)");
  assert.equal(platform.textOf(run, there), "one(ok)");
});

test("an announcement brings what was written at once, without waiting for the next look", async () => {
  const place = newPlace();
  const platform = scriptedPlatform();
  await using _worker = startWorker(platform.adapter, { pollMs: 3_600_000 });
  const run = await insertRun(sql, [place], [says("one"), done("ok")]);
  announcements.publish("journal", { runId: run, sessionId: "any", seq: 2 });
  await untilDone(run);
  assert.equal(platform.textOf(run, place), "one(ok)");
});

test("what is written while a place is being served is announced and delivered too", async () => {
  const place = newPlace();
  const platform = scriptedPlatform();
  await using _worker = startWorker(platform.adapter, { pollMs: 3_600_000 });
  const run = await insertRun(sql, [place]);
  const words = Array.from({ length: 30 }, (_, n) => `${n} `);
  for (const [n, word] of words.entries()) {
    await appendRows(sql, run, [says(word)]);
    announcements.publish("journal", { runId: run, sessionId: "any", seq: n + 1 });
  }
  await eventually("all is shown", () => platform.textOf(run, place) === words.join(""));
});

test("a message that grows is one post, and what waits goes out as one edit", async () => {
  const place = newPlace();
  const platform = scriptedPlatform();
  const run = await insertRun(sql, [place], deltas("m1", "Good mor", 1));
  await using _worker = startWorker(platform.adapter);
  await eventually("the first half is shown", () => platform.textOf(run, place) === "Good mor");
  await appendRows(sql, run, [...deltas("m1", "Good morning", 1).slice(8), done("ok")]);
  await untilDone(run);
  assert.deepEqual(
    platform.posts.map(({ text }) => text),
    ["Good morning", "(ok)"],
  );
  assert.ok(platform.calls.length <= 6, `${platform.calls.length} requests for 13 rows`);
});

test("while the platform refuses, a message keeps growing before it is asked again", async () => {
  const place = newPlace();
  const platform = scriptedPlatform(faults("429"), { limitMs: 300, timeoutMs: 1 });
  await using _worker = startWorker(platform.adapter);
  const [first, ...others] = deltas("m1", "Good morning", 3);
  const run = await insertRun(sql, [place], first ? [first] : []);
  await eventually("the platform was asked", () => platform.calls.length === 1);
  await appendRows(sql, run, others);
  await eventually("all is shown", () => platform.textOf(run, place) === "Good morning");
  assert.equal(platform.calls.length, 2);
});

for (const fault of ["store, then time out", "store, then 500"] as const)
  test(`${fault}: the post is found and not made again`, async () => {
    const place = newPlace();
    const platform = scriptedPlatform(faults("none", fault, fault));
    await using _worker = startWorker(platform.adapter);
    const events = [says("one"), says("two"), says("abcdefghijklmnopqrst"), done("ok")];
    const run = await insertRun(sql, [place], events);
    await untilDone(run);
    assert.equal(platform.textOf(run, place), "onetwoabcdefghijklmnopqrst(ok)");
    assert.equal(platform.calls.length, 5);
  });

for (const fault of ["500 before", "time out before", "429"] as const)
  test(`${fault}: the post is made once, later, and nothing overtakes it`, async () => {
    const place = newPlace();
    const platform = scriptedPlatform(faults("none", fault, fault, "none", fault));
    await using _worker = startWorker(platform.adapter);
    const run = await insertRun(sql, [place], [says("one"), says("two"), done("ok")]);
    const other = await insertRun(sql, [place], [says("three")]);
    await untilDone(run);
    await eventually("the other run is shown", () => platform.posts.length === 4);
    assert.equal(platform.textOf(run, place), "onetwo(ok)");
    assert.equal(platform.posts.at(-1)?.runId, other);
  });

test("an event that can never be posted is left out, and its run goes on", async () => {
  const place = newPlace();
  const platform = scriptedPlatform((_, event) =>
    event.type === "tool.progress" && event.text === "odd" ? "never possible" : "none",
  );
  await using _worker = startWorker(platform.adapter);
  const run = await insertRun(sql, [place], [says("one"), says("odd"), says("two"), done("ok")]);
  await untilDone(run);
  assert.equal(platform.textOf(run, place), "onetwo(ok)");
  const finals =
    await sql`select seq, error from deliveries where run_id = ${run} and state = 'final'`;
  assert.deepEqual([...finals], [{ seq: 2, error: "too strange" }]);
});

test("a place that takes nothing any more is given up after five events", async () => {
  const [gone, here] = [newPlace(), newPlace()];
  const platform = scriptedPlatform(({ place }) => (place === gone ? "never possible" : "none"));
  await using _worker = startWorker(platform.adapter);
  const events = Array.from("abcdefgh", (letter) => says(letter));
  const run = await insertRun(sql, [gone, here], [...events, done("ok")]);
  await untilDone(run);
  assert.equal(platform.textOf(run, here), "abcdefgh(ok)");
  assert.equal(platform.calls.filter(({ place }) => place === gone).length, 5);
});

test("a run whose part is stuck stays open, is reported, and lets the others pass", async () => {
  const place = newPlace();
  let broken = true;
  const platform = scriptedPlatform((_, event) =>
    broken && event.type === "tool.progress" && event.text === "stuck" ? "500 before" : "none",
  );
  const lines: string[] = [];
  const reporting = openLog({ level: "error", name: "test", secrets: [] });
  reporting.error = ((_: unknown, line: string) => lines.push(line)) as never;
  await using _worker = startWorker(platform.adapter, { log: reporting });
  const stuck = await insertRun(sql, [place], [says("stuck"), done("ok")]);
  const next = await insertRun(sql, [place], [says("next"), done("ok")]);
  await untilDone(next);
  const [row] =
    await sql`select failures, done, last_error from destinations where run_id = ${stuck}`;
  assert.ok(row?.failures >= STUCK_AFTER);
  assert.equal(row?.done, false);
  assert.equal(row?.lastError, "500 before anything was stored");
  assert.deepEqual(lines, ["a part is stuck; what comes after it may pass"]);
  broken = false;
  await untilDone(stuck);
  assert.equal(platform.textOf(stuck, place), "stuck(ok)");
});

test("runs at one place take turns by the time of their rows, and a waiting one holds nobody up", async () => {
  const place = newPlace();
  const platform = scriptedPlatform();
  const first = await insertRun(sql, [place], [says("a1")]);
  const second = await insertRun(sql, [place], [says("b1"), done("b2")]);
  await appendRows(sql, first, [says("a2")]);
  await using _worker = startWorker(platform.adapter);
  await untilDone(second);
  await eventually("all is shown", () => platform.posts.length === 4);
  assert.deepEqual(
    platform.posts.map(({ text }) => text),
    ["a1", "b1", "(b2)", "a2"],
  );
});

test("a place that is rate-limited keeps no other waiting", async () => {
  const [limited, free] = [newPlace(), newPlace()];
  const platform = scriptedPlatform(({ place }) => (place === limited ? "429" : "none"), {
    ...{ limitMs: 3_600_000, timeoutMs: 1 },
  });
  await using _worker = startWorker(platform.adapter);
  const waiting = await insertRun(sql, [limited], [says("one"), done("ok")]);
  const run = await insertRun(sql, [free], [says("one"), done("ok")]);
  await untilDone(run);
  await eventually("the limited place was asked", () => platform.calls.length === 3);
  const [row] = await sql`
    select failures, not_before > now() + interval '59 minutes' as later, done
    from destinations where run_id = ${waiting}`;
  assert.deepEqual(row, { failures: 0, later: true, done: false });
});

test("a place whose platform never answers keeps no other waiting", async () => {
  const [silent, free] = [newPlace(), newPlace()];
  const platform = scriptedPlatform(({ place }) => (place === silent ? "never answer" : "none"));
  const worker = startWorker(platform.adapter, { lease: { ttlMs: 3000, renewMs: 1000 } });
  await insertRun(sql, [silent], [says("one")]);
  const run = await insertRun(sql, [free], [says("one"), done("ok")]);
  await untilDone(run);
  // Losing its lease frees the worker from the platform that never answers.
  await sql`update leases set expires_at = now() - interval '1 second' where name = ${`place:${silent}`}`;
  await sql`update destinations set done = true where place = ${silent}`;
  await worker.drain();
});

test("a worker whose place was taken over writes nothing of what it did", async () => {
  const place = newPlace();
  const platform = scriptedPlatform();
  const run = await insertRun(sql, [place], [says("one"), done("ok")]);
  const name = `place:${place}`;
  const late: Adapter = {
    ...platform.adapter,
    async deliver(event, context) {
      const delivered = await platform.adapter.deliver(event, context);
      await sql`update leases set fence = fence + 1, holder = 'another' where name = ${name}`;
      return delivered;
    },
  };
  const deps = { sql, adapter: late, log, holder: "late", retryDelay: () => 5, askMs: 30_000 };
  const lease = { ttlMs: 3_600_000, renewMs: 3_600_000 };
  const serving = deliverPlace({ ...deps, lease }, place, new AbortController().signal);
  await assert.rejects(serving, { code: "lease_lost" });
  const rows = await sql`select seq, state from deliveries where run_id = ${run}`;
  assert.deepEqual([...rows], [{ seq: 1, state: "intended" }]);
});

test("a run that is deleted while its place waits is not shown any more", async () => {
  const place = newPlace();
  const platform = scriptedPlatform(faults("none", "429", "429"));
  await using _worker = startWorker(platform.adapter);
  const run = await insertRun(sql, [place], [says("one"), says("two"), done("ok")]);
  await eventually("the second part was asked for", () => platform.calls.length >= 2);
  await sql`delete from runs where id = ${run}`;
  const next = await insertRun(sql, [place], [says("next"), done("ok")]);
  await untilDone(next);
  assert.equal(platform.textOf(next, place), "next(ok)");
});

test("draining finishes the part under way and begins no other", async () => {
  const place = newPlace();
  const platform = scriptedPlatform(faults("none", "store, then time out"), {
    ...{ limitMs: 1, timeoutMs: 200 },
  });
  const worker = startWorker(platform.adapter);
  const run = await insertRun(sql, [place], [says("one"), says("two"), says("three"), done("ok")]);
  await eventually("the second part is under way", () => platform.calls.length === 2);
  await worker.drain();
  const states = await sql`select seq, state from deliveries where run_id = ${run} order by seq`;
  assert.deepEqual(
    [...states],
    [
      { seq: 1, state: "delivered" },
      { seq: 2, state: "intended" },
    ],
  );
  assert.equal(platform.calls.length, 2);
  await using _next = startWorker(platform.adapter);
  await untilDone(run);
  assert.equal(platform.textOf(run, place), "onetwothree(ok)");
});

test("what is for a platform that is off waits until it is on", async () => {
  const platform = scriptedPlatform();
  const run = await insertRun(sql, ["discord:G1:C1:T1"], [says("one"), done("ok")]);
  const here = await insertRun(sql, [newPlace()], [says("one"), done("ok")]);
  await using _worker = startWorker(platform.adapter);
  await untilDone(here);
  assert.equal(platform.textOf(run, "discord:G1:C1:T1"), "");
  await using _discord = startWorker({ ...platform.adapter, platform: "discord" });
  await untilDone(run);
  assert.equal(platform.textOf(run, "discord:G1:C1:T1"), "one(ok)");
});

test("two workers on 50 places post each part once and in order", async () => {
  const fifty = Array.from({ length: 50 }, newPlace);
  let calls = 0;
  const spoiled: Fault[] = ["none", "store, then 500", "none", "429", "time out before", "none"];
  const platform = scriptedPlatform(() => spoiled[calls++ % spoiled.length] ?? "none");
  const runs = await Promise.all(
    fifty.map((place) =>
      insertRun(
        sql,
        [place],
        [
          ...[says("one"), says("abcdefghijklmnopqrstuvwxyz"), ...deltas("m1", "x".repeat(30), 5)],
          ...[says("two"), done("ok")],
        ],
      ),
    ),
  );
  await using _one = startWorker(platform.adapter);
  await using _two = startWorker(platform.adapter);
  const shown = `oneabcdefghijklmnopqrstuvwxyz${"x".repeat(30)}two(ok)`;
  for (const [n, run] of runs.entries()) {
    await untilDone(run);
    assert.equal(platform.textOf(run, fifty[n] ?? ""), shown);
  }
  assert.ok(platform.posts.every(({ text }) => text.length <= POST_LENGTH));
});
