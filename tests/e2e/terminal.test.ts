import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openDatabase, type Sql } from "#db/client.ts";
import { appendEvents } from "#db/queries/append-events.ts";
import { visible } from "#src/cli/visible.ts";
import { openClient } from "#src/client/client.ts";
import { testDatabase } from "#tests/support/database.ts";
import { startWorker, type WorkerProcess } from "#tests/support/process.ts";
import { openTerminal, type Terminal } from "#tests/support/terminal.ts";
import { waitingCall } from "#tests/support/waiting-call.ts";

const opened = new AsyncDisposableStack();
let server: WorkerProcess;
let sql: Sql;
let users = 0;

before(async () => {
  const database = opened.use(await testDatabase());
  sql = openDatabase(database.url);
  opened.defer(() => sql.end());
  server = await startWorker("main", {
    DATABASE_URL: database.url,
    LANGUAGE: "en",
    MODEL: "demo",
  });
  opened.defer(() => server.kill());
});
after(() => opened.disposeAsync());

function chat(user: string, args: string[] = [], env?: Record<string, string>): Terminal {
  return openTerminal(["--user", user, "--url", server.url, ...args], env);
}

function newUser(): string {
  users += 1;
  return `user-${users}`;
}

test("opens a new session, then the latest one", async () => {
  const user = newUser();
  await using first = chat(user);
  await first.says("This is a new session");
  first.type("what is 3 times 4");
  await first.says("12");
  assert.equal(await first.end(), 0);

  await using second = chat(user);
  await second.says("Last: “what is 3 times 4” is done.");
  second.type("/new Rome");
  await second.says("Session “Rome”");
  second.type("history");
  await second.says("2. what is 3 times 4");
  second.type("history 2");
  await second.says("> what is 3 times 4");
  await second.says("You are back in “what is 3 times 4”.");
  assert.equal(await second.end(), 0);
});

test("the acceptance script, in Chinese: accept, reject, edit, respond", async () => {
  await using terminal = chat(newUser(), ["--language", "zh"]);
  terminal.type("调用工具预定如家酒店");
  await terminal.says('hotel_name: "如家酒店"');
  terminal.type("yes");
  await terminal.says("您 已接受");
  await terminal.says("成功预定了在如家酒店的住宿。");

  terminal.type("调用工具预定桔子酒店");
  await terminal.says("需要确认：book_hotel");
  terminal.type("no");
  await terminal.says("您 已拒绝");

  terminal.type("调用工具预定全季酒店");
  await terminal.says("需要确认：book_hotel");
  terminal.type('edit {"hotel_name": "全季酒店(软件园店)"}');
  await terminal.says('hotel_name: "全季酒店" → "全季酒店(软件园店)"');
  await terminal.says("成功预定了在全季酒店(软件园店)的住宿。");

  terminal.type("调用工具预定汉庭酒店");
  await terminal.says("需要确认：book_hotel");
  terminal.type("response");
  await terminal.says("要向智能体反馈什么？");
  terminal.type("把酒店名称换为：汉庭酒店(软件园店)，再调用工具预定");
  await terminal.says('hotel_name: "汉庭酒店(软件园店)"');
  terminal.type("accept");
  await terminal.says("成功预定了在汉庭酒店(软件园店)的住宿。");
  assert.equal(await terminal.end(), 0);
  assert.doesNotMatch(terminal.output(), /成功预定了在桔子酒店/);
});

test("arguments that are wrong are told by field, and the approval waits on", async () => {
  await using terminal = chat(newUser());
  terminal.type("book the Grand hotel");
  await terminal.says("Approval needed: book_hotel");
  terminal.type('edit {"hotel_name": 7}');
  await terminal.says("hotel_name");
  terminal.type("edit");
  await terminal.says("The new arguments, as JSON:");
  terminal.type("[1]");
  await terminal.says("This should be a JSON object");
  terminal.type('edit {"hotel_name": "Small hotel"}');
  await terminal.says("Booked a stay at Small hotel");
  assert.equal(await terminal.end(), 0);
});

test("several approvals come one after another", async () => {
  await using terminal = chat(newUser());
  terminal.type("book the Grand hotel and the Small hotel");
  await terminal.says("Approval needed: book_hotel");
  terminal.type("accept");
  await terminal.says("Accepted by you");
  await terminal.says("Approval needed: book_hotel");
  terminal.type("reject too small");
  await terminal.says("Rejected by you “too small”");
  await terminal.says("Booked a stay at Grand hotel");
  assert.equal(await terminal.end(), 0);
});

test("what waits does not keep the session: other messages are answered beside it", async () => {
  await using terminal = chat(newUser());
  terminal.type("book the Grand hotel");
  await terminal.says("Approval needed: book_hotel");
  terminal.type("what is 3 times 4");
  await terminal.says("12");
  terminal.type("approvals");
  await terminal.says('hotel_name: "Grand hotel"');
  terminal.type("stop");
  await terminal.says("book_hotel: Withdrawn");
  await terminal.says("Stopped by you");
  assert.equal(await terminal.end(), 0);
});

test("somebody else's decision is told: who, and what", async () => {
  const user = newUser();
  await using terminal = chat(user);
  terminal.type("book the Grand hotel");
  await terminal.says("Approval needed: book_hotel");
  await using other = chat(user);
  await other.says("Approval needed: book_hotel");
  other.type("reject not today");
  await other.says("Rejected by you");
  terminal.type("accept");
  await terminal.says("This was decided meanwhile.");
  await terminal.says("Rejected by you “not today”");
});

test("a quorum: others are asked wherever they look, each consent is told", async () => {
  const user = newUser();
  const approvers = ["api:local%2Fbob", "api:local%2Fcyd"];
  const { id, runId } = await waitingCall(sql, {
    requester: `api:local%2F${user}`,
    rule: { approvers, quorum: 2, excludeRequester: true },
  });
  await appendEvents(sql, runId, [{ type: "run.waiting", approvals: [id] }]);
  await using requester = chat(user);
  await requester.says("Consent: 0 of 2");
  await requester.says("Others decide this:");
  await using bob = chat("bob");
  await bob.says("1 more in other sessions");
  bob.type("approvals");
  await bob.says(`Asked by: ${user}`);
  bob.type("accept");
  await bob.says("consent of you");
  await using cyd = chat("cyd");
  cyd.type("approvals");
  await cyd.says("Consent: 1 of 2 (bob)");
  cyd.type("accept");
  await cyd.says("Accepted by you");
  requester.type("status");
  await requester.says("consent of bob");
  await requester.says("Accepted by cyd");
});

test("A7: the client dies, and the same user is back where the approval waits", async () => {
  const user = newUser();
  await using first = chat(user);
  first.type("book the Grand hotel");
  await first.says("Approval needed: book_hotel");
  await first.kill();
  await using second = chat(user);
  await second.says("Last: “book the Grand hotel” waits for a decision.");
  await second.says("> book the Grand hotel");
  await second.says("Approval needed: book_hotel");
  second.type("accept");
  await second.says("Booked a stay at Grand hotel");
});

test("the server dies and comes back: what was typed meanwhile goes through", async () => {
  await using terminal = chat(newUser());
  terminal.type("what is 3 times 4");
  await terminal.says("12");
  await server.kill();
  terminal.type("book the Grand hotel");
  await terminal.says("connection lost, trying again…");
  server = await startWorker("main", server.env);
  await terminal.says("Connected again.");
  await terminal.says("Approval needed: book_hotel");
  terminal.type("yes");
  await terminal.says("Booked a stay at Grand hotel");
  assert.equal(await terminal.end(), 0);
});

test("a running run is stopped by the line `stop`", async () => {
  await using terminal = chat(newUser());
  terminal.type("run 100 steps");
  terminal.type("stop");
  await terminal.says("Stopped by you");
  terminal.type("what is 3 times 4");
  await terminal.says("12");
});

test("memory, settings and expiry are seen and changed", async () => {
  await using terminal = chat(newUser());
  terminal.type("memory add I like high floors");
  await terminal.says("Remembered: I like high floors");
  terminal.type("memory");
  await terminal.says("1. I like high floors");
  terminal.type("what do you know about me");
  await terminal.says("high floors");
  terminal.type("memory forget 1");
  await terminal.says("Forgotten: I like high floors");
  terminal.type("expiry never");
  await terminal.says("expiry is now never expires");
  terminal.type("setting language fr");
  await terminal.says("/settings/language");
  terminal.type("setting while_waiting queue");
  await terminal.says("message while a run waits is now queue");
  terminal.type("setting");
  await terminal.says("while_waiting: queue");
});

test("what looks like a command can be said, and a wrong one is not sent", async () => {
  const user = newUser();
  await using terminal = chat(user);
  terminal.type("say status");
  await terminal.says("demo model");
  terminal.type(" help");
  await terminal.says("demo model");
  terminal.type("/frobnicate");
  await terminal.says("There is no command /frobnicate");
  terminal.type("help");
  await terminal.says("say status");
  assert.equal(await terminal.end(), 0);
  const client = openClient({ url: server.url });
  const session = await client.latestSession(user);
  const { data } = await client.runs(session?.id ?? "");
  assert.deepEqual(
    data.map((run) => run.input),
    ["help", "status"],
  );
});

test("nothing that a model or a tool says acts on the terminal", async () => {
  const attack = "\u001b[2J\u001b]52;c;AAAA\u0007\u009b31m\u202e\u200b";
  await using terminal = chat(newUser());
  terminal.type(`book the ${attack} hotel`);
  await terminal.says("Approval needed: book_hotel");
  terminal.type(`respond ${attack}`);
  await terminal.says("Answered by you");
  terminal.type(`/new ${attack}`);
  await terminal.says("This is a new session");
  terminal.type(`memory add ${attack}`);
  await terminal.says("Remembered:");
  terminal.type("history");
  await terminal.says("Which session?");
  await terminal.end();
  assert.ok(terminal.output().includes("\\u{1b}[2J"));
  assert.equal(visible(terminal.output()), terminal.output());
});

test("a server that cannot be used is told in plain words", async () => {
  await using nobody = openTerminal(["--url", "http://127.0.0.1:1"]);
  assert.equal(await nobody.end(), 1);
  assert.match(nobody.errors(), /^Nothing answers at http:\/\/127\.0\.0\.1:1 .*npm start/);
  await using wrong = openTerminal(["--language", "fr"]);
  assert.equal(await wrong.end(), 2);
  assert.match(wrong.errors(), /--language should be en or zh, not "fr"/);
  await using chinese = openTerminal(["--url", "http://127.0.0.1:1"], { LANG: "zh_CN.UTF-8" });
  assert.equal(await chinese.end(), 1);
  assert.match(chinese.errors(), /没有响应/);
});
