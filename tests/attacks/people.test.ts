import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Approval } from "#db/schema/approvals.ts";
import type { Standing } from "#src/adapter.ts";
import { type Decision, decide } from "#src/approvals/decide.ts";
import type { Rule } from "#src/approvals/rule.ts";
import { type Actor, address, type Inbound } from "#src/events.ts";
import { newId } from "#src/ids.ts";
import { remember } from "#src/memory/memories.ts";
import { handle } from "#src/runs/handle.ts";
import { makeReceive } from "#src/runs/receive.ts";
import { decideDeps, waitingCall } from "#tests/support/waiting-call.ts";
import { assertNoted, assertRefused } from "./refused.ts";
import { ada, bearer, bob, directoryOf, eve, keysOf, openStage, type Stage } from "./stage.ts";

const PAY = { name: "transfer", args: { to: "ada", amount: 10 } };
const [una, udo] = ["slack:T1:U1", "slack:T1:U2"] as const;
const never = () => new Promise<never>(() => {});
const broken = () => Promise.reject(new Error("503"));
let stage: Stage;
let keyed: Stage;

before(async () => {
  stage = await openStage();
  const scopes = {
    app: "runs+approvals",
    other: "runs+approvals",
    board: "runs+approvals+approvals:dashboard",
    reader: "runs",
  };
  const file = `
policies:
  rules:
    - { name: wiping, match: { tool: wipe }, approvers: ["api:app/bob"], exclude_requester: true }
    - { name: vaults, match: { tool: vault }, approvers: ["api:board/bob", "api:app/bob"] }
    - { name: others, match: { tool: "*" }, approvers: [requester, "api:app/bob"] }
`;
  keyed = await openStage({ env: { API_KEYS: keysOf(scopes) }, file });
});
after(async () => {
  await stage[Symbol.asyncDispose]();
  await keyed[Symbol.asyncDispose]();
});

/** An approval at a Slack place, as rows. */
function slackCall(rule: Partial<Rule>, requester: Actor = una): Promise<Approval> {
  const session = { id: newId("session"), place: `slack:T1:C1:${newId("run")}` };
  return waitingCall(stage.sql, { requester, session, rule });
}

const event = (actor: Actor, place: string) => ({ key: crypto.randomUUID(), place, actor, at: 0 });
const click = (approval: Approval, actor: Actor, more: object = {}) =>
  handle(stage.core, {
    ...event(actor, approval.place),
    kind: "decision",
    approvalId: approval.id,
    review: { type: "accept" },
    ...more,
  } as Inbound);
const says = (approval: Approval, actor: Actor, more: Partial<Decision> = {}) =>
  decide(
    { ...decideDeps(stage.sql), directoryOf: () => stage.people.directory },
    { approvalId: approval.id, actor, review: { type: "accept" }, via: "test", ...more },
  );

for (const [who, standing] of [
  ["a guest", "guest"],
  ["a person from outside", "external"],
  ["a person who can't see the place", "none"],
  ["a person whom the platform calls something new", "admin" as Standing],
  ["a person about whom the platform answers an error", broken],
  ["a person about whom the platform never answers", never],
] as const)
  test(`rule 17: ${who} decides nothing, though named as the approver, and runs nothing`, async () => {
    stage.people.directory = directoryOf(standing);
    const place = `slack:T1:${newId("session")}`;
    const running = handle(stage.core, {
      ...event(una, place),
      kind: "message",
      text: JSON.stringify({ calls: [PAY], text: "" }),
    });
    const approval = await slackCall({ approvers: [una, "members", "requester"] });
    await assertRefused(stage, approval, una, "forbidden", () => says(approval, una));
    assert.equal((await click(approval, una)).kind, "notice");
    await assertNoted(stage.sql, approval, una, "forbidden");
    assert.equal((await running).kind, "notice");
    assert.equal((await stage.sql`select 1 from sessions where place = ${place}`).length, 0);
  });

test("rule 17: who was a member when the card was made and is none at the click, decides nothing", async () => {
  let standing: Standing = "member";
  let inGroup = true;
  stage.people.directory = directoryOf(
    async () => standing,
    async () => inGroup,
  );
  const byPlace = await slackCall({ approvers: ["members"] });
  const byGroup = await slackCall({ approvers: ["slack-group:T1:S1"] });
  standing = "none";
  await assertRefused(stage, byPlace, udo, "forbidden", () => says(byPlace, udo));
  standing = "member";
  inGroup = false;
  await assertRefused(stage, byGroup, udo, "forbidden", () => says(byGroup, udo));
  inGroup = true;
  assert.equal((await says(byGroup, udo)).approval.status, "accepted");
});

test("rule 17: where nobody knows a platform's people, none of them runs or approves", async () => {
  delete stage.people.directory;
  const approval = await slackCall({ approvers: [una, "members", "slack-group:T1:S1"] });
  await assertRefused(stage, approval, una, "forbidden", () => says(approval, una));
  const message = { ...event(una, "slack:T1:C9"), kind: "message", text: "x" } as const;
  assert.equal((await handle(stage.core, message)).kind, "notice");
});

test("rule 1: the requester where excluded stays excluded, however their name is written", async () => {
  const approval = await waitingCall(stage.sql, {
    rule: {
      approvers: ["requester", "scope:approvals", ada, "api:local/ada"],
      excludeRequester: true,
    },
  });
  const scopes = new Set(["approvals"]);
  for (const actor of ["api:local%2Fada", "api:local/ada", "api:local%2fada", "api:local%2F%61da"])
    await assertRefused(stage, approval, actor, "forbidden", () =>
      says(approval, actor, { scopes }),
    );
});

test("rule 14: one person is one vote of a quorum, however their name is written", async () => {
  const rule = { approvers: ["scope:approvals"], quorum: 2 };
  const approval = await waitingCall(stage.sql, { rule });
  const scopes = new Set(["approvals"]);
  await says(approval, bob, { scopes });
  for (const actor of ["api:local/bob", "api:local%2fbob", "api:local%2F%62ob", "api:local%2Fbob%"])
    await assertRefused(stage, approval, actor, "forbidden", () =>
      says(approval, actor, { scopes }),
    );
  await assertRefused(stage, approval, bob, "conflict", () => says(approval, bob, { scopes }));
});

test("rule 19: tier dashboard is decided by a key of its scope alone: no click, no other key, no older route", async () => {
  const run = await keyed.ask([{ ...PAY, name: "vault" }], {
    user: "api:app%2Fada",
    session: "vault",
  });
  const [approval] = await keyed.waiting(run);
  assert.equal(approval.tier, "dashboard");
  await keyed.sql`update runs set external_key = 'task' where id = ${run.id}`;
  const path = `/v1/approvals/${approval.id}/decision`;
  const body = { user_id: "bob", type: "accept" };
  const byApp = await keyed.send("POST", path, body, bearer("app"));
  assert.equal(byApp.status, 403);
  assert.match(String(byApp.body.detail), /decided in the dashboard only: over \/v1/);
  await assertNoted(keyed.sql, approval, "api:app%2Fbob", "forbidden");
  await keyed.send("GET", "/agent/status/ada/vault/task", undefined, bearer("app"));
  const ids = { user_id: "ada", session_id: "vault", task_id: "task", response_type: "accept" };
  assert.equal((await keyed.send("POST", "/agent/resume", ids, bearer("app"))).status, 403);
  const inbound = { ...event("api:board%2Fbob", approval.place), kind: "decision" } as const;
  const forged = {
    approvalId: approval.id,
    review: { type: "accept" },
    scopes: new Set(["approvals:dashboard"]),
  };
  assert.equal((await handle(keyed.core, { ...inbound, ...forged } as Inbound)).kind, "notice");
  // The scope gives no rights of its own: the person has to be an approver too.
  const stranger = await keyed.send("POST", path, { ...body, user_id: "eve" }, bearer("board"));
  assert.equal(stranger.status, 404);
  await assertNoted(keyed.sql, approval, "api:board%2Feve", "forbidden");
  const grant = { scope: "session", expires_in_seconds: 60 };
  assert.equal((await keyed.send("POST", path, { ...body, grant }, bearer("board"))).status, 403);
  assert.equal((await keyed.send("POST", path, body, bearer("board"))).status, 200);
});

test("rule 19: callers without a key decide nothing above tier ask, whoever they say they are", async () => {
  for (const tier of ["guarded", "dashboard"] as const) {
    const approval = await waitingCall(stage.sql, { tier, rule: { approvers: [bob, ada] } });
    for (const user_id of ["ada", "bob"]) {
      const path = `/v1/approvals/${approval.id}/decision`;
      assert.equal((await stage.send("POST", path, { user_id, type: "accept" })).status, 403);
      await assertNoted(stage.sql, approval, address("api", `local/${user_id}`), "forbidden");
    }
    assert.equal((await stage.standing(approval)).status, "pending");
  }
});

test("rule 19: no key can be given the name that callers without a key have", async () => {
  await assert.rejects(
    openStage({ env: { API_KEYS: keysOf({ local: "approvals" }) } }),
    /API_KEYS/,
  );
});

test("rule 9: after somebody else approved, the tool runs for who asked, with their memory", async () => {
  const requester = "api:app%2Fada";
  const run = await keyed.ask([{ ...PAY, name: "wipe" }], { user: requester });
  const [approval] = await keyed.waiting(run);
  const path = `/v1/approvals/${approval.id}/decision`;
  const body = { user_id: "bob", type: "edit", args: { to: "bob", amount: 1 } };
  assert.equal((await keyed.send("POST", path, body, bearer("app"))).status, 200);
  await keyed.ended(run);
  const ran = keyed.ran.at(-1);
  assert.deepEqual([ran?.tool, ran?.user, ran?.args], ["wipe", requester, body.args]);
  const started = await keyed.sql`
    select actor from audit where run_id = ${run.id} and action in ('call.started', 'call.done')`;
  assert.deepEqual(
    started.map(({ actor }) => actor),
    [requester, requester],
  );
});

test("rule 9: what an approver does not own is not read on their behalf either", async () => {
  const requester = "api:app%2Fada";
  const memory = { kind: "fact", source: "api" } as const;
  for (const [owner, text] of [
    ["api:app%2Fbob", "the vault opens with 1234"],
    [requester, "likes tea"],
  ] as const)
    await remember(keyed.sql, { ...memory, owner, text, author: owner });
  const calls = [
    { ...PAY, name: "wipe" },
    { name: "recall", args: { query: "" } },
  ];
  const run = await keyed.ask(calls, { user: requester });
  const [approval, other] = await keyed.waiting(run);
  const by = { actor: "api:app%2Fbob" };
  await keyed.decide(approval, by);
  if (other) await keyed.decide(other, by);
  await keyed.ended(run);
  const read = JSON.stringify(keyed.prompts.filter(({ messages }) => messages.length > 2));
  assert.match(read, /likes tea/);
  assert.doesNotMatch(read, /1234/);
});

test("rule 18: another key's users see, decide, stop, erase and list nothing, whatever they call themselves", async () => {
  const run = await keyed.ask([PAY], { user: "api:app%2Fada", session: "secret" });
  const [approval] = await keyed.waiting(run);
  await remember(keyed.sql, {
    owner: "api:app%2Fada",
    text: "hush",
    kind: "fact",
    source: "api",
    author: "api:app%2Fada",
  });
  const at = (path: string, user: string) =>
    path
      .replace(":approval", approval.id)
      .replace(":run", run.id)
      .replace(":session", run.sessionId)
      .replace(":user", encodeURIComponent(user));
  const users = ["ada", "../app/ada", "app/ada", "%2Fada", "ada\u0000", "app%2Fada"];
  for (const user of users) {
    for (const path of [
      "/v1/approvals/:approval?user_id=:user",
      "/v1/approvals/:approval",
      "/v1/runs/:run",
      "/v1/runs/:run/events",
      "/v1/sessions/:session",
      "/v1/sessions/:session/messages",
      "/v1/sessions/:session/runs",
    ])
      assert.equal(
        (await keyed.send("GET", at(path, user), undefined, bearer("other"))).status,
        404,
        path,
      );
    for (const path of [
      "/v1/memories?user_id=:user",
      "/v1/grants?user_id=:user",
      "/v1/approvals?user_id=:user",
      "/v1/approvals?approver_id=:user",
      "/v1/approvals?run_id=:run",
      "/v1/sessions?user_id=:user",
    ]) {
      const sent = await keyed.send("GET", at(path, user), undefined, bearer("other"));
      assert.deepEqual(sent.body.data, [], path);
    }
    for (const path of ["decision", "view", "withdraw"]) {
      const body = { user_id: user, ...(path === "decision" && { type: "accept" }) };
      const url = `/v1/approvals/${approval.id}/${path}`;
      assert.equal((await keyed.send("POST", url, body, bearer("other"))).status, 404, path);
    }
    const stop = await keyed.send("POST", at("/v1/runs/:run/stop", user), {}, bearer("other"));
    assert.equal(stop.status, 404);
    for (const path of ["/v1/runs/:run", "/v1/sessions/:session"])
      assert.equal(
        (await keyed.send("DELETE", at(path, user), undefined, bearer("other"))).status,
        404,
      );
  }
  assert.equal((await keyed.standing(approval)).status, "pending");
});

test("rule 18: a key without the scope reads no approvals, and none but an administrator's reads the audit", async () => {
  for (const path of ["/v1/approvals", "/v1/grants?user_id=ada"])
    assert.equal((await keyed.send("GET", path, undefined, bearer("reader"))).status, 403);
  for (const name of ["app", "board", "reader"])
    assert.equal((await keyed.send("GET", "/v1/audit", undefined, bearer(name))).status, 403);
});

test("rule 8: a web page in a visitor's browser gets nothing decided: foreign Host, Origin, form bodies", async () => {
  const approval = await waitingCall(stage.sql);
  const path = `/v1/approvals/${approval.id}/decision`;
  const body = { user_id: "ada", type: "accept" };
  for (const headers of [
    { host: "evil.example" },
    { host: "127.0.0.1.evil.example" },
    { host: "localhost@evil.example" },
    { host: "127.0.0.1#.evil.example" },
    { host: "" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1.evil.example" },
  ])
    assert.equal(
      (await stage.send("POST", path, body, headers)).status,
      403,
      JSON.stringify(headers),
    );
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "",
  ]) {
    const sent = await stage.send("POST", path, body, { "content-type": type });
    assert.equal(sent.status, 422, type);
  }
  assert.equal((await stage.standing(approval)).status, "pending");
});

test("rule 8: keys that are none open nothing", async () => {
  const approval = await waitingCall(keyed.sql, { requester: "api:app%2Fada" });
  const path = `/v1/approvals/${approval.id}/decision`;
  const body = { user_id: "ada", type: "accept" };
  const [, hash = ""] = keysOf({ app: "x" }).split(":x:");
  for (const authorization of [
    "",
    "Bearer",
    "Bearer ",
    "app-key",
    "Basic app-key",
    "Bearer app",
    "Bearer app-key extra",
    "Bearer APP-KEY",
    `Bearer ${hash}`,
    "Bearer app-key\u200b",
  ]) {
    const headers = authorization.includes("\u200b")
      ? { authorization: "Bearer app-key%20" }
      : { authorization };
    assert.equal((await keyed.send("POST", path, body, headers)).status, 401, authorization);
  }
  assert.equal((await keyed.send("POST", `${path}?key=app-key`, body)).status, 401);
});

test("rule 8: an event whose actor is none of the place's platform is turned away, whatever it asks for", async () => {
  stage.people.directory = directoryOf("member");
  const approval = await slackCall({ approvers: [bob, "requester", "members"] });
  const about = { approvalId: approval.id, type: "view", page: 0, values: {} } as const;
  for (const actor of [bob, "discord:U1", "slack", "U1", ""]) {
    const base = event(actor, approval.place);
    for (const inbound of [
      { ...base, kind: "decision", approvalId: approval.id, review: { type: "accept" } },
      { ...base, kind: "message", text: "x" },
      { ...base, kind: "stop" },
      { ...base, ...about, kind: "form.requested" },
      { ...base, ...about, kind: "form.submitted" },
    ])
      assert.equal((await handle(stage.core, inbound as Inbound)).kind, "notice", actor);
  }
  assert.equal((await stage.standing(approval)).status, "pending");
});

test("rule 8: an event that is delivered twenty times, at once, is one", async () => {
  stage.people.directory = directoryOf("member");
  const { sql, core } = stage;
  const receive = makeReceive({ sql, handle: (inbound) => handle(core, inbound), log: core.log });
  const approval = await slackCall({ approvers: ["members"], quorum: 2 });
  const once = {
    ...event(udo, approval.place),
    kind: "decision",
    approvalId: approval.id,
    review: { type: "accept" },
  } as Inbound;
  await Promise.all(
    Array.from({ length: 20 }, () => receive(structuredClone(once), AbortSignal.timeout(5_000))),
  );
  const rows = (await stage.audit(approval)).filter(({ actor }) => actor === udo);
  assert.deepEqual(
    rows.map(({ action }) => action),
    ["approval.voted"],
  );
});

test("rule 17: the stranger of one team is nobody in another, under the same user id", async () => {
  stage.people.directory = directoryOf("member");
  const approval = await slackCall({ approvers: [una] });
  for (const actor of ["slack:T2:U1", "slack:T1:U1:", "slack:T1:u1", "slack:T1%3AU1", eve])
    assert.equal((await click(approval, actor)).kind, "notice", actor);
  assert.equal((await stage.standing(approval)).status, "pending");
});
