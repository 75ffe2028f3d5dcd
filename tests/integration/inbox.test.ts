import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openDatabase, type Sql } from "#db/client.ts";
import type { Answer } from "#src/adapter.ts";
import { RefusedError } from "#src/errors.ts";
import type { Inbound } from "#src/events.ts";
import { openLog } from "#src/log.ts";
import type { Handle } from "#src/runs/handle-inbound.ts";
import { makeReceive } from "#src/runs/receive.ts";
import { sweepInbox } from "#src/runs/sweep-inbox.ts";
import { type TestDatabase, testDatabase } from "#tests/support/database.ts";
import { eventually } from "#tests/support/eventually.ts";

let database: TestDatabase;
let sql: Sql;
const log = openLog({ level: "silent", name: "test", secrets: [] });
const going = new AbortController().signal;
let keys = 0;

before(async () => {
  database = await testDatabase();
  sql = openDatabase(database.url);
});
after(async () => {
  await sql.end();
  await database[Symbol.asyncDispose]();
});

function message(text: string, place = "slack:T1:C1:1.1"): Inbound {
  keys += 1;
  return { kind: "message", key: `slack:T1:Ev${keys}`, place, actor: "slack:T1:U1", at: 0, text };
}

/** A handler that answers `answer` and keeps what it was given. */
function handler(answer: Answer = { kind: "stored" }): Handle & { given: Inbound[] } {
  const given: Inbound[] = [];
  const handle: Handle = (inbound) => {
    given.push(inbound);
    return Promise.resolve(answer);
  };
  return Object.assign(handle, { given });
}

async function rowOf(inbound: Inbound) {
  const [row] = await sql`
    select handled_at is not null as handled, outcome, attempts, platform, inbound
    from inbox where key = ${inbound.key}`;
  return row;
}

/** An event that was stored `minutes` ago and whose process died. */
async function leftOver(inbound: Inbound, minutes = 10): Promise<Inbound> {
  await sql`insert into inbox (key, platform, inbound, attempts, received_at) values
    (${inbound.key}, 'slack', ${JSON.stringify(inbound)}::text::json, 1,
      now() - ${minutes} * interval '1 minute')`;
  return inbound;
}

test("receive() stores an event, handles it and answers with what that gives", async () => {
  const handle = handler({ kind: "notice", text: "nothing to stop" });
  const event = message("stop");
  assert.deepEqual(await makeReceive({ sql, handle, log })(event, going), {
    ...{ kind: "notice", text: "nothing to stop" },
  });
  assert.deepEqual(await rowOf(event), {
    ...{ handled: true, outcome: "nothing to stop", attempts: 1, platform: "slack" },
    inbound: event,
  });
});

test("receive() answers `stored` to an event that it has, and handles it once", async () => {
  const handle = handler({ kind: "notice", text: "done" });
  const receive = makeReceive({ sql, handle, log });
  const event = message("hello");
  const answers = await Promise.all(Array.from({ length: 10 }, () => receive(event, going)));
  assert.equal(answers.filter(({ kind }) => kind === "stored").length, 9);
  assert.equal(handle.given.length, 1);
});

test("receive() replaces what no store can hold before it stores or handles anything", async () => {
  const handle = handler();
  await makeReceive({ sql, handle, log })(message("a\u0000b\ud800"), going);
  assert.equal((handle.given[0] as { text: string }).text, "a\u2400b\ufffd");
});

test("receive() answers a request for a form each time, and stores nothing of it", async () => {
  const handle = handler({ kind: "choices", choices: [] });
  const receive = makeReceive({ sql, handle, log });
  const event = { ...message(""), kind: "choices", command: "model", typed: "gp" } as Inbound;
  assert.equal((await receive(event, going)).kind, "choices");
  assert.equal((await receive(event, going)).kind, "choices");
  assert.equal(handle.given.length, 2);
  assert.equal(await rowOf(event), undefined);
});

test("receive() answers `stored` when the handling takes long, and that goes on", async () => {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const receive = makeReceive({ sql, handle: () => promise, log, answerMs: 100 });
  const event = message("slow");
  assert.deepEqual(await receive(event, going), { kind: "stored" });
  assert.equal((await rowOf(event))?.handled, false);
  resolve({ kind: "notice", text: "at last" });
  await eventually("it is handled", async () => (await rowOf(event))?.outcome === "at last");
});

test("receive() makes a refusal a notice", async () => {
  const handle = () => Promise.reject(new RefusedError("forbidden", "You may not do that"));
  const event = message("delete all");
  const answer = await makeReceive({ sql, handle, log })(event, going);
  assert.deepEqual(answer, { kind: "notice", text: "You may not do that" });
  assert.equal((await rowOf(event))?.outcome, "You may not do that");
});

test("receive() makes a refusal of a form's values errors at its fields", async () => {
  const fields = [{ path: "/nights", message: "a whole number from 1" }];
  const handle = () => Promise.reject(new RefusedError("invalid", "Cannot book", { fields }));
  const submitted = { kind: "form.submitted", approvalId: "apr_1", type: "edit", values: {} };
  const event = { ...message(""), ...submitted } as Inbound;
  const answer = await makeReceive({ sql, handle, log })(event, going);
  assert.deepEqual(answer, { kind: "fieldErrors", errors: fields });
});

test("receive() answers `stored` when the handling fails, and leaves it to the sweep", async () => {
  for (const fault of [new Error("a bug"), new RefusedError("unavailable", "the queue is away")]) {
    const handle = () => Promise.reject(fault);
    const event = message("hello");
    assert.deepEqual(await makeReceive({ sql, handle, log })(event, going), { kind: "stored" });
    assert.equal((await rowOf(event))?.handled, false);
  }
});

test("receive() rejects while the database is away, so that the platform sends it again", async () => {
  const away = openDatabase("postgres://nobody@127.0.0.1:1/none");
  const handle = handler();
  const receive = makeReceive({ sql: away, handle, log, answerMs: 500 });
  await assert.rejects(receive(message("hello"), going), { code: "unavailable" });
  assert.equal(handle.given.length, 0);
  await away.end({ timeout: 0 });
});

test("receive() rejects while the database is slow, and handles what is stored after that", async () => {
  const handle = handler();
  const event = message("hello");
  await sql.begin(async (tx) => {
    await tx`lock table inbox`;
    const receive = makeReceive({ sql, handle, log, answerMs: 100 });
    await assert.rejects(receive(event, going), { code: "unavailable" });
  });
  await eventually("it is handled", async () => (await rowOf(event))?.handled === true);
  assert.equal(handle.given.length, 1);
});

test("sweepInbox() handles what was left over, in the order in which it came", async () => {
  const handle = handler();
  const [first, second, fresh] = [message("first"), message("second"), message("fresh")];
  await leftOver(second, 9);
  await leftOver(first, 10);
  await leftOver(fresh, 0);
  const others = await sql`select from inbox where handled_at is null`;
  await sweepInbox({ sql, handle, log, holder: "a" }, going);
  const texts = handle.given.map((inbound) => (inbound as { text: string }).text);
  assert.deepEqual(texts.slice(-2), ["first", "second"]);
  assert.ok(others.count >= 3);
  assert.equal((await rowOf(fresh))?.handled, false);
});

test("two sweeps at once handle each event once", async () => {
  const handle = handler();
  for (let n = 0; n < 20; n++) await leftOver(message("hello", `slack:T2:C${n % 4}:1.1`));
  const counts = await Promise.all([
    sweepInbox({ sql, handle, log, holder: "a" }, going),
    sweepInbox({ sql, handle, log, holder: "b" }, going),
  ]);
  assert.equal(new Set(handle.given.map(({ key }) => key)).size, handle.given.length);
  assert.equal((counts[0] ?? 0) + (counts[1] ?? 0), 20);
});

test("sweepInbox() gives an event up after its last attempt; until then those behind it wait", async () => {
  const place = "slack:T3:C1:1.1";
  const bad = await leftOver(message("bad", place), 10);
  const good = await leftOver(message("good", place), 9);
  const handled: string[] = [];
  const handle: Handle = async (inbound) => {
    if (inbound.key === bad.key) throw new Error("a bug");
    handled.push(inbound.key);
    return { kind: "stored" };
  };
  const sweep = () => sweepInbox({ sql, handle, log, holder: "a", maxAttempts: 3 }, going);
  await sweep();
  assert.deepEqual(handled, []);
  await sweep();
  assert.deepEqual(handled, [good.key]);
  assert.equal((await rowOf(bad))?.outcome, "failed: a bug");
  assert.equal((await rowOf(bad))?.attempts, 3);
});

test("sweepInbox() gives up an event that ended its process each time", async () => {
  const handle = handler();
  const event = await leftOver(message("poison", "slack:T4:C1:1.1"));
  await sql`update inbox set attempts = 5 where key = ${event.key}`;
  await sweepInbox({ sql, handle, log, holder: "a" }, going);
  assert.equal(handle.given.length, 0);
  assert.equal((await rowOf(event))?.outcome, "failed: Handling it ends the process");
});
