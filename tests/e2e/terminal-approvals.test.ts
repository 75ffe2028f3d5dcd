import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, suite, test } from "node:test";
import { openDatabase, type Sql } from "#db/client.ts";
import { appendEvents } from "#db/queries/append-events.ts";
import { openClient } from "#src/client/client.ts";
import { testDatabase } from "#tests/support/database.ts";
import { startWorker, type WorkerProcess } from "#tests/support/process.ts";
import { openTerminal, type Terminal } from "#tests/support/terminal.ts";
import { waitingCall } from "#tests/support/waiting-call.ts";

const POLICY = `
policies:
  groups:
    finance: ["api:local/bob", "api:local/cyd"]
  rules:
    - name: palaces need two of finance
      match: { tool: book_hotel, when: 'args.hotel_name.contains("Palace")' }
      approvers: ["@finance"]
      quorum: 2
      exclude_requester: true
    - name: castles are for the dashboard
      match: { tool: book_hotel, when: 'args.hotel_name.contains("Castle")' }
      tier: dashboard
      approvers: ["requester", "scope:approvals:dashboard"]
    - name: inns are asked about each time
      match: { tool: book_hotel, when: 'args.hotel_name.contains("Inn")' }
      grants: false
    - name: free
      match: { tier: free }
      effect: run
    - name: everything else
      match: { tier: ask }
`;

const opened = new AsyncDisposableStack();
let env: Record<string, string>;
let sql: Sql;
let users = 0;

before(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "policy-"));
  opened.defer(() => rm(folder, { recursive: true }));
  const file = path.join(folder, "countersign.yaml");
  await writeFile(file, POLICY);
  const { url } = opened.use(await testDatabase());
  sql = openDatabase(url);
  opened.defer(() => sql.end());
  env = { DATABASE_URL: url, LANGUAGE: "en", MODEL: "demo", COUNTERSIGN_CONFIG: file };
});
after(() => opened.disposeAsync());

function newUser(): string {
  users += 1;
  return `user-${users}`;
}

suite("On loopback, without keys", () => {
  let server: WorkerProcess;
  before(async () => {
    server = opened.use(await startWorker("main", env));
  });

  const chat = (user: string, ...args: string[]): Terminal =>
    openTerminal(["--user", user, "--url", server.url, ...args]);

  test("accept for a while: the same call runs unasked, until its uses are up or the grant is revoked", async () => {
    const user = newUser();
    await using terminal = chat(user);
    terminal.type("book the Grand hotel");
    await terminal.says("accept for 1h 3 uses");
    terminal.type("accept for 1h 2 uses");
    await terminal.says("Accepted by you");
    await terminal.says('From now on this runs unasked: book_hotel: hotel_name: "Grand hotel"');
    await terminal.says("in this session");
    await terminal.says("2 times more");
    await terminal.says("Booked a stay at Grand hotel");

    terminal.type("book the Grand hotel");
    await terminal.says("Booked a stay at Grand hotel");
    terminal.type("book the Small hotel");
    await terminal.says("Approval needed: book_hotel");
    terminal.type("reject");
    await terminal.says("Rejected by you");
    terminal.type("grants");
    await terminal.says('1. book_hotel: hotel_name: "Grand hotel"');
    await terminal.says("once more");
    terminal.type("grants revoke 7");
    await terminal.says("There is no grant 7");
    terminal.type("grants revoke 1");
    await terminal.says('This is asked about again: book_hotel: hotel_name: "Grand hotel"');
    terminal.type("grants");
    await terminal.says("Nothing runs by a grant.");
    terminal.type("book the Grand hotel");
    await terminal.says("Approval needed: book_hotel");
    terminal.type("accept for 10m fixed none");
    await terminal.says("any arguments");
    await terminal.says("as often as wanted");
    terminal.type("book the Small hotel");
    await terminal.says("Booked a stay at Small hotel");
    assert.equal(await terminal.end(), 0);
  });

  test("what cannot be granted, or is not said rightly, is told, and the approval waits on", async () => {
    await using terminal = chat(newUser());
    terminal.type("book the Old Inn");
    await terminal.says("Answer with a line: accept | edit");
    terminal.type("accept for tea");
    await terminal.says("That is not how /accept goes");
    terminal.type("accept for 1h");
    await terminal.says("Calls of book_hotel cannot be let through ahead");
    terminal.type("accept");
    await terminal.says("Booked a stay at Old Inn");
    terminal.type("book the Grand hotel");
    await terminal.says("Approval needed");
    terminal.type("accept for 1h fixed colour");
    await terminal.says('names "colour"');
    terminal.type("accept");
    await terminal.says("Booked a stay at Grand hotel");
    assert.equal(await terminal.end(), 0);
  });

  test("a quorum of two, each on a client of their own, for a run of somebody else", async () => {
    const user = newUser();
    await using requester = chat(user);
    requester.type("book the Palace");
    await requester.says("Consent: 0 of 2, of @finance");
    await requester.says("Others decide this: @finance.");
    await using bob = chat("bob");
    await bob.says("1 more in other sessions");
    bob.type("approvals");
    await bob.says(`Asked by: ${user}`);
    bob.type("accept");
    await bob.says("book_hotel: consent of you; more is needed.");
    bob.type("approvals");
    await bob.says("Consent: 1 of 2 (you), of @finance");
    bob.type("accept");
    await bob.says("You have consented; others have to as well.");
    await using cyd = chat("cyd");
    cyd.type("approvals");
    await cyd.says("Consent: 1 of 2 (bob), of @finance");
    cyd.type("accept");
    await cyd.says("Accepted by you");
    cyd.type("why");
    await cyd.says("book_hotel: Accepted by you");
    await cyd.says("Consent: bob,");
    await cyd.says(`Asked by: ${user},`);
    requester.type("status");
    await requester.says("consent of bob");
    await requester.says("Accepted by cyd");
    await requester.says("Booked a stay at Palace");
    requester.type("why");
    await requester.says("book_hotel: Accepted by cyd");
    await requester.says(/Decided: \d/);
    await requester.says("Consent: bob,");
    await requester.says("Asked by: you,");
    assert.equal(await requester.end(), 0);
  });

  test("a line decides what was shown: arguments that somebody changed since are shown first", async () => {
    await using requester = chat(newUser());
    requester.type("book the Palace");
    await requester.says("Others decide this");
    await using bob = chat("bob");
    await using cyd = chat("cyd");
    bob.type("approvals");
    await bob.says("Answer with a line");
    cyd.type("approvals");
    await cyd.says("Answer with a line");
    bob.type('edit {"hotel_name": "Small Palace"}');
    await bob.says("more is needed");
    cyd.type("accept");
    await cyd.says("Somebody changed the arguments meanwhile.");
    await cyd.says('hotel_name: "Palace" → "Small Palace"');
    cyd.type("accept");
    await cyd.says("Edited by you");
    requester.type("status");
    await requester.says("Booked a stay at Small Palace");
  });

  test("what waits is listed, opened by its number, and taken back by who asked for it", async () => {
    const user = newUser();
    await using terminal = chat(user);
    terminal.type("withdraw");
    await terminal.says("Nothing that you asked for waits for a decision.");
    terminal.type("book the Palace and the Grand hotel and the Small hotel");
    await terminal.says("Answer with a line");
    terminal.type("approvals");
    await terminal.says('1. book_hotel: hotel_name: "Grand hotel"\n');
    await terminal.says('3. book_hotel: hotel_name: "Palace" · waits for @finance');
    terminal.type("approvals 2");
    await terminal.says('hotel_name: "Small hotel"');
    terminal.type("accept");
    await terminal.says("Accepted by you");
    terminal.type("approvals 2");
    await terminal.says("There is no approval 2");
    terminal.type("withdraw 3");
    await terminal.says("book_hotel: Withdrawn");
    terminal.type("withdraw");
    await terminal.says("book_hotel: Withdrawn");
    await terminal.says("Booked a stay at Small hotel");
    terminal.type("why");
    await terminal.says('hotel_name: "Palace"');
    assert.equal(await terminal.end(), 0);
    assert.doesNotMatch(terminal.output(), /Booked a stay at (Palace|Grand)/);
  });

  test("somebody else's call can be seen and decided, but not taken back", async () => {
    await using requester = chat(newUser());
    requester.type("book the Palace");
    await requester.says("Others decide this");
    await using bob = chat("bob");
    bob.type("approvals");
    await bob.says("Answer with a line: accept | edit {json} | respond words | reject [words]\n");
    bob.type("withdraw 1");
    await bob.says("Only who asked for it may take it back.");
    bob.type("reject too dear");
    await bob.says("Rejected by you “too dear”");
    requester.type("status");
    await requester.says("Rejected by bob “too dear”");
  });

  test("policies are listed, and what a call would meet is explained in both languages", async () => {
    const user = newUser();
    await using terminal = chat(user);
    terminal.type("policies");
    await terminal.says("1. palaces need two of finance\n2. castles are for the dashboard");
    terminal.type('policies explain book_hotel {"hotel_name": "Palace"}');
    await terminal.says("✔ 1. palaces need two of finance: the first rule that matches");
    await terminal.says("· 5. everything else: not looked at");
    await terminal.says(
      "It would be asked about, by the rule “palaces need two of finance”, as tier ask: 2 of @finance.",
    );
    terminal.type('policies explain multiply {"a": 1, "b": 2}');
    await terminal.says("· 1. palaces need two of finance: the tool is multiply");
    await terminal.says("It would run unasked, by the rule “free”.");
    terminal.type('policies explain multiply {"a": 1, "b": 2} after web');
    await terminal.says("Untrusted sources in the context: web");
    await terminal.says("by the rule “everything else”");
    terminal.type("policies explain deploy as guarded");
    await terminal.says("It would be denied.");
    terminal.type("/policies explain book_hotel nonsense");
    await terminal.says("That is not how /policies goes");
    await using chinese = chat(user, "--language", "zh");
    chinese.type('policies explain book_hotel {"hotel_name": "Palace"}');
    await chinese.says("✔ 1. palaces need two of finance: 第一条匹配的规则");
    await chinese.says("@finance中的 2 人");
  });

  test("long arguments are shown whole, and can then be accepted", async () => {
    const user = newUser();
    const { id, runId } = await waitingCall(sql, {
      requester: `api:local%2F${user}`,
      args: { amount: 1, to: "x".repeat(4_000) },
    });
    await appendEvents(sql, runId, [{ type: "run.waiting", approvals: [id] }]);
    const client = openClient({ url: server.url });
    const accept = () => client.decide(id, { type: "accept", user_id: user });
    await assert.rejects(accept, /not viewed in full/);
    await using terminal = chat(user);
    await terminal.says("x".repeat(4_000));
    await terminal.says("Answer with a line");
    terminal.type("accept");
    await terminal.says("refund: Accepted by you");
    assert.equal(await terminal.end(), 0);
  });

  test("a dashboard call is not decided without a key, and says where it is", async () => {
    await using terminal = chat(newUser());
    terminal.type("book the Castle");
    await terminal.says("Tier: dashboard");
    await terminal.says("API key of scope approvals:dashboard");
    await terminal.says("COUNTERSIGN_API_KEY=<key> npm run chat");
    terminal.type("accept");
    await terminal.says("demo model");
    terminal.type("withdraw");
    await terminal.says("Withdrawn");
    assert.equal(await terminal.end(), 0);
  });
});

suite("With API keys", () => {
  let server: WorkerProcess;
  before(async () => {
    const entries = ["app:runs+approvals", "desk:runs+approvals+approvals:dashboard+admin"].map(
      (entry) =>
        `${entry}:${createHash("sha256")
          .update(`${entry.split(":")[0]}-key`)
          .digest("hex")}`,
    );
    server = opened.use(await startWorker("main", { ...env, API_KEYS: entries.join(",") }));
  });

  const chat = (user: string, key: string): Terminal =>
    openTerminal(["--user", user, "--url", server.url], { COUNTERSIGN_API_KEY: `${key}-key` });

  test("a dashboard call is refused to a key without the scope, and decided with one that has it", async () => {
    const user = newUser();
    await using requester = chat(user, "app");
    requester.type("book the Castle");
    await requester.says("Answer with a line");
    requester.type("accept");
    await requester.says("API key of scope approvals:dashboard");
    await using desk = chat("dora", "desk");
    await desk.says("1 more in other sessions");
    desk.type("approvals");
    await desk.says(`Asked by: ${user}`);
    desk.type("accept");
    await desk.says("book_hotel: Accepted by you");
    requester.type("status");
    await requester.says("Accepted by dora");
    await requester.says("Booked a stay at Castle");
  });

  test("the audit is read page by page, by those who may", async () => {
    const client = openClient({ url: server.url, apiKey: "desk-key" });
    const first = await client.audit({ limit: 1 });
    const second = await client.audit({ limit: 1, after: first.next ?? "" });
    assert.equal(second.data[0]?.prev_hash, first.data[0]?.hash);
    const decided = await client.audit({ action: "approval.decided" });
    assert.ok(decided.data.length > 0);
    await assert.rejects(openClient({ url: server.url, apiKey: "app-key" }).audit(), /admin/);
  });
});
