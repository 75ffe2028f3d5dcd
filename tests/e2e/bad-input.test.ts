import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Client, openClient } from "#src/client/client.ts";
import { acceptanceScript } from "#tests/support/acceptance-script.ts";
import { testDatabase } from "#tests/support/database.ts";
import { send } from "#tests/support/http.ts";
import type { ModelReply, ModelRequest, ModelStandIn } from "#tests/support/model-script.ts";
import { startOpenAiStandIn } from "#tests/support/openai-stand-in.ts";
import { type OriginalClient, originalClient } from "#tests/support/original-client.ts";
import { startWorker, type WorkerProcess } from "#tests/support/process.ts";
import { until } from "#tests/support/until.ts";

/** NUL, a lone surrogate of either kind, and what they become: PostgreSQL holds none of them. */
const BAD = "a\u0000b\ud800c\udc00d";
const CLEAN = "a\u2400b\ufffdc\ufffdd";
const DEEP = "[".repeat(100_000) + "]".repeat(100_000);
const MEGABYTE = "长".repeat(1_000_000);

const opened = new AsyncDisposableStack();
let main: WorkerProcess;
let model: ModelStandIn;
let client: Client;
let users = 0;

before(async () => {
  const database = opened.use(await testDatabase());
  model = opened.use(await startOpenAiStandIn(script));
  main = opened.use(
    await startWorker("main", {
      DATABASE_URL: database.url,
      MODEL: "openai:any",
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: "any",
    }),
  );
  client = openClient({ url: main.url });
});
after(() => opened.disposeAsync());

/** As the acceptance script, but it does not say a megabyte again. */
function script(request: ModelRequest): ModelReply {
  const said = request.messages.findLast(({ role }) => role === "user")?.text ?? "";
  return said.length > 10_000 ? { text: `${said.length}` } : acceptanceScript(request);
}

type Problem = {
  status: number;
  detail: string;
  code: string;
  errors?: { path: string; message: string }[];
};

function ask(method: string, at: string, given: Parameters<typeof send>[3] = {}) {
  return send<Problem>(main.url, method, at, given);
}

function newUser(): OriginalClient {
  return originalClient(main.url, `user-${++users}`);
}

/** Whatever was sent before, the user's session answers. */
async function assertUsable(user: OriginalClient, session = "s"): Promise<void> {
  const task = `after-${++users}`;
  await user.invoke(session, task, "3乘以4");
  assert.equal(await user.answer(session, task), "3乘以4等于12。");
}

/** A refusal in the one form that there is, in words that hold `named`. */
function assertRefused(answer: Awaited<ReturnType<typeof ask>>, status: number, named: RegExp) {
  const { body } = answer;
  assert.deepEqual(
    [answer.status, answer.type, body.status],
    [status, "application/problem+json", status],
    JSON.stringify(body).slice(0, 500),
  );
  assert.match(`${body.detail} ${JSON.stringify(body.errors)}`, named);
}

const ids = { user_id: "u", session_id: "s", task_id: "t" };

const wrongBodies: [method: string, at: string, json: unknown, named: RegExp][] = [
  ["POST", "/agent/invoke", {}, /user_id.*session_id.*task_id.*query/s],
  ["POST", "/agent/invoke", { ...ids, query: 7 }, /\/query.*string/],
  ["POST", "/agent/invoke", { ...ids, query: "" }, /\/query/],
  ["POST", "/agent/invoke", { ...ids, query: " \n" }, /\/query.*empty/],
  ["POST", "/agent/invoke", { ...ids, query: null }, /\/query/],
  ["POST", "/agent/invoke", { ...ids, user_id: "", query: "x" }, /\/user_id/],
  ["POST", "/agent/invoke", { ...ids, task_id: "t".repeat(201), query: "x" }, /\/task_id.*200/],
  ["POST", "/agent/invoke", { ...ids, query: `${MEGABYTE}x` }, /\/query.*1000000/],
  ["POST", "/agent/invoke", { ...ids, query: "x", system_message: [] }, /\/system_message/],
  ["POST", "/agent/resume", { ...ids, response_type: "yes" }, /\/response_type.*accept/],
  ["POST", "/agent/resume", { ...ids, response_type: "edit", args: "x" }, /\/args/],
  ["POST", "/agent/write/longterm", { user_id: "u" }, /\/memory_info/],
  ["POST", "/agent/write/longterm", { user_id: "u", memory_info: "" }, /\/memory_info/],
  ["POST", "/v1/sessions", {}, /\/user_id/],
  ["POST", "/v1/sessions", { user_id: "u", titel: "x" }, /titel/],
  ["POST", "/v1/sessions", { user_id: "u", title: "x".repeat(201) }, /\/title/],
  ["PATCH", "/v1/sessions/{session}", { ttl_seconds: 0 }, /\/ttl_seconds/],
  ["PATCH", "/v1/sessions/{session}", { ttl_seconds: 1.5 }, /\/ttl_seconds/],
  ["PATCH", "/v1/sessions/{session}", { ttl_seconds: "soon" }, /\/ttl_seconds/],
  ["PATCH", "/v1/sessions/{session}", { status: "closed" }, /\/status/],
  ["PATCH", "/v1/sessions/{session}", { settings: { while_running: "x" } }, /while_running.*queue/],
  ["PATCH", "/v1/sessions/{session}", { settings: { colour: "x" } }, /colour/],
  ["POST", "/v1/sessions/{session}/runs", {}, /\/input/],
  ["POST", "/v1/sessions/{session}/runs", { input: " " }, /\/input.*empty/],
  ["POST", "/v1/sessions/{session}/runs", { input: `${MEGABYTE}x` }, /\/input.*1000000/],
  ["POST", "/v1/sessions/{session}/runs", { input: "x", while_running: "x" }, /\/while_running/],
  ["POST", "/v1/approvals/any/decision", {}, /\/type/],
  ["POST", "/v1/approvals/any/decision", { type: "accept" }, /\/user_id/],
  ["POST", "/v1/approvals/any/decision", { type: "edit", user_id: "u", args: [] }, /\/args/],
  ["POST", "/v1/memories", { user_id: "u", text: "x".repeat(10_001) }, /\/text.*10000/],
  ["POST", "/v1/memories", { user_id: "u", text: " " }, /\/text/],
  ["POST", "/v1/memories", { user_id: "u", text: "x", kind: "x" }, /\/kind.*preference/],
  ["PATCH", "/v1/settings", { session_ttl_seconds: -1 }, /\/session_ttl_seconds/],
  ["PATCH", "/v1/settings", { history: 3 }, /history/],
];

test("a wrong body is 422 and names the field and what it should hold", async () => {
  const { id } = await client.createSession({ user_id: "u" });
  for (const [method, at, json, named] of wrongBodies)
    assertRefused(await ask(method, at.replace("{session}", id), { json }), 422, named);
  assert.deepEqual((await client.runs(id)).data, []);
});

const POSTS = [
  "/agent/invoke",
  "/agent/resume",
  "/agent/write/longterm",
  "/v1/sessions",
  "/v1/memories",
];

test("a body that is no JSON, or no object, is 422", async () => {
  const raws = ["", "{", "nul", '{"user_id": "u"', "null", "[]", '"text"', "7", "\ufeff{}", DEEP];
  for (const at of POSTS)
    for (const raw of raws) assertRefused(await ask("POST", at, { raw }), 422, /./);
});

test("bytes in another encoding are refused, or what can't be read in them is replaced", async () => {
  const json = JSON.stringify({ ...ids, query: "你好" });
  const raws = [Buffer.from(json, "utf16le"), gzipSync(json), Buffer.from([0xff, 0xfe, 0x00])];
  for (const raw of raws) assertRefused(await ask("POST", "/agent/invoke", { raw }), 422, /JSON/i);

  const user = newUser();
  const head = `{"user_id":"${user.user}","session_id":"s","task_id":"t","query":"caf`;
  const latin1 = Buffer.concat([Buffer.from(head), Buffer.from([0xe9]), Buffer.from('"}')]);
  const headers = { "content-type": "application/json; charset=iso-8859-1" };
  const taken = await ask("POST", "/agent/invoke", { raw: latin1, headers });
  assert.equal(taken.status, 200);
  assert.equal(await user.answer("s", "t"), "收到：caf\ufffd");
});

test("a body over 8 MB is 413, whether its length is said or not", async () => {
  const json = JSON.stringify({ ...ids, query: "x".repeat(8 * 1024 * 1024) });
  for (const at of ["/agent/invoke", "/v1/sessions"]) {
    assertRefused(await ask("POST", at, { raw: json }), 413, /8388608/);
    const response = await fetch(main.url + at, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Blob([json]).stream(),
      duplex: "half",
    } as RequestInit);
    assert.equal(response.status, 413);
    await response.body?.cancel();
  }
});

test("texts of a megabyte are stored whole, and the session goes on", async () => {
  const user = newUser();
  await user.invoke("s", "t1", MEGABYTE, MEGABYTE);
  assert.equal(await user.answer("s", "t1"), "1000000");
  const { last_query, last_response } = await user.status("s", "t1");
  assert.equal(last_query, MEGABYTE);
  assert.equal(last_response?.result?.messages[0]?.content, MEGABYTE);

  await user.invoke("s2", "t", "预定如家酒店");
  await user.interrupted("s2", "t");
  await user.resume("s2", "t", "response", MEGABYTE);
  await user.answer("s2", "t");
  await user.writeLongTerm(MEGABYTE);
  const [memory] = (await client.memories({ user_id: user.user })).data;
  assert.equal(memory?.text, MEGABYTE);

  const session = await client.createSession({ user_id: user.user });
  const { id } = await client.createRun(session.id, { input: MEGABYTE });
  await until("it is answered", async () => (await client.run(id)).status === "completed");
  assert.equal((await client.messages(session.id)).data[0]?.content, MEGABYTE);
  await assertUsable(user);
  await assertUsable(user, "s2");
});

test("JSON of a hundred thousand levels is refused where it would be kept", async () => {
  const user = newUser();
  await user.invoke("s", "t", "预定如家酒店");
  const { approval_id } = await user.interrupted("s", "t");
  const named = `"user_id":"${user.user}"`;
  const wrongs = {
    "/agent/resume": `{${named},"session_id":"s","task_id":"t","response_type":"edit","args":{"args":{"hotel_name":${DEEP}}}}`,
    [`/v1/approvals/${approval_id}/decision`]: `{${named},"type":"edit","args":{"hotel_name":${DEEP}}}`,
    "/agent/invoke": `{${named},"session_id":"s","task_id":"t2","query":${DEEP}}`,
    "/v1/memories": `{${named},"text":"x","more":${DEEP}}`,
  };
  for (const [at, raw] of Object.entries(wrongs))
    assertRefused(await ask("POST", at, { raw }), 422, /args|query|more/);
  const ignored = `{${named},"session_id":"s","task_id":"t3","query":"你好","more":${DEEP}}`;
  assert.equal((await ask("POST", "/agent/invoke", { raw: ignored })).status, 200);
  assert.equal(await user.answer("s", "t3"), "收到：你好");
  assert.equal((await user.status("s", "t")).status, "interrupted");
  await assertUsable(user);
});

test("NUL and lone surrogates are replaced in every text of the original routes", async () => {
  const name = `u${BAD}`;
  const dirty = { user_id: name, session_id: BAD, task_id: BAD };
  const user = originalClient(main.url, `u${CLEAN}`);
  const invoke = { ...dirty, query: `预定${BAD}酒店`, system_message: BAD };
  const taken = await ask("POST", "/agent/invoke", { json: invoke });
  assert.deepEqual(taken.body, { user_id: user.user, session_id: CLEAN, task_id: CLEAN });
  const shown = await user.interrupted(CLEAN, CLEAN);
  assert.deepEqual(shown.action_request.args, { hotel_name: `${CLEAN}酒店` });
  assert.ok(model.requests.some(({ messages }) => messages[0]?.text === CLEAN));

  const edit = { ...dirty, response_type: "edit", args: { args: { hotel_name: `乙${BAD}` } } };
  assert.equal((await ask("POST", "/agent/resume", { json: edit })).status, 200);
  assert.equal(await user.answer(CLEAN, CLEAN), `成功预定了在乙${CLEAN}的住宿。`);

  await user.invoke(CLEAN, "t2", "预定甲酒店");
  await user.interrupted(CLEAN, "t2");
  const reply = { ...dirty, task_id: "t2", response_type: "response", args: { args: BAD } };
  const wrong = await ask("POST", "/agent/resume", { json: { ...reply, approval_id: BAD } });
  assertRefused(wrong, 400, /t2/);
  assert.equal((await ask("POST", "/agent/resume", { json: reply })).status, 200);
  assert.ok((await user.answer(CLEAN, "t2")).includes(CLEAN));

  const memory = { user_id: name, memory_info: `喜欢${BAD}` };
  assert.equal((await ask("POST", "/agent/write/longterm", { json: memory })).status, 200);
  assert.equal((await client.memories({ user_id: name })).data[0]?.text, `喜欢${CLEAN}`);
  await assertUsable(user, CLEAN);
});

test("NUL and lone surrogates are replaced in every text of /v1", async () => {
  const session = await client.createSession({ user_id: BAD, external_id: BAD, title: BAD });
  assert.deepEqual([session.user_id, session.external_id, session.title], [CLEAN, CLEAN, CLEAN]);
  assert.equal((await client.latestSession(BAD))?.id, session.id);
  const patched = await client.patchSession(session.id, {
    title: `新${BAD}`,
    settings: { system_prompt: BAD },
  });
  assert.deepEqual([patched.title, patched.settings.system_prompt], [`新${CLEAN}`, CLEAN]);

  const run = await client.createRun(session.id, { input: `预定${BAD}酒店`, external_id: BAD });
  assert.deepEqual([run.input, run.external_id], [`预定${CLEAN}酒店`, CLEAN]);
  await until("it waits", async () => (await client.run(run.id)).status === "waiting");
  const [approval] = (await client.approvals({ run_id: run.id })).data;
  assert.deepEqual(approval?.args, { hotel_name: `${CLEAN}酒店` });
  const decided = await client.decide(approval?.id ?? "", {
    type: "reject",
    user_id: BAD,
    message: BAD,
  });
  assert.deepEqual([decided.decision?.by, decided.decision?.message], [CLEAN, CLEAN]);
  await until("it ends", async () => (await client.run(run.id)).status === "completed");

  const stopped = await client.createRun(session.id, { input: "预定甲酒店", system_message: BAD });
  await until("it waits", async () => (await client.run(stopped.id)).status === "waiting");
  await client.stopRun(stopped.id, { user_id: BAD, reason: BAD });
  const ended = await until("it is stopped", async () => {
    const { status, error } = await client.run(stopped.id);
    return status === "stopped" && error;
  });
  assert.ok(ended.message.includes(CLEAN));

  const memory = await client.createMemory({ user_id: BAD, text: `喜欢${BAD}` });
  assert.equal(memory.text, `喜欢${CLEAN}`);
  assert.equal((await client.memories({ user_id: BAD, q: BAD })).data.length, 1);
  await client.deleteMemory(memory.id, BAD);
});

const UNKNOWN = "01890000-0000-7000-8000-000000000000";

test("an unknown session, run, approval or memory is 404 and named, whatever its id looks like", async () => {
  const strange = ["x", `ses_${UNKNOWN}`, "a\u0000b", "'; drop table runs; --", "长".repeat(500)];
  for (const id of strange) {
    const part = encodeURIComponent(id);
    const routes: [string, string, unknown?][] = [
      ["GET", `/v1/sessions/${part}`],
      ["PATCH", `/v1/sessions/${part}`, { title: "x" }],
      ["DELETE", `/v1/sessions/${part}`],
      ["GET", `/v1/sessions/${part}/messages`],
      ["GET", `/v1/sessions/${part}/runs`],
      ["POST", `/v1/sessions/${part}/runs`, { input: "x" }],
      ["GET", `/v1/runs/${part}`],
      ["POST", `/v1/runs/${part}/stop`, {}],
      ["DELETE", `/v1/runs/${part}`],
      ["GET", `/v1/runs/${part}/events`],
      ["GET", `/v1/approvals/${part}`],
      ["POST", `/v1/approvals/${part}/decision`, { type: "accept", user_id: "u" }],
      ["DELETE", `/v1/memories/${part}?user_id=u`],
    ];
    for (const [method, at, json] of routes) {
      const answer = await ask(method, at, json === undefined ? {} : { json });
      assertRefused(answer, 404, /There is no/);
      assert.ok(answer.body.detail.includes(id.replace("\u0000", "\u2400")), `${method} ${at}`);
    }
  }
});

test("the original's routes know nothing of unknown keys, and say so", async () => {
  const part = encodeURIComponent("a\u0000b长\u{1f600}");
  const standing = await ask("GET", `/agent/status/${part}/${part}/${part}`);
  assert.deepEqual([standing.status, String(standing.body.status)], [200, "not_found"]);
  for (const at of [`/agent/session/${part}/${part}`, `/agent/task/${part}/${part}/${part}`])
    assertRefused(await ask("DELETE", at), 404, /There is no/);
  assert.equal((await ask("GET", `/agent/sessionids/${part}`)).status, 200);
  assert.equal((await ask("GET", `/agent/tasks/${part}/${part}`)).status, 200);
  assert.equal((await ask("GET", `/agent/active/sessionid/${part}`)).status, 200);
});

test("wrong parameters in the address are 422 and named, and none of them is a fault of ours", async () => {
  const { id } = await client.createSession({ user_id: "u" });
  const wrong: [at: string, named: RegExp][] = [
    ["/v1/sessions", /user_id/],
    ["/v1/sessions?user_id=", /user_id/],
    ["/v1/sessions?user_id=u&limit=0", /limit/],
    ["/v1/sessions?user_id=u&limit=abc", /limit/],
    ["/v1/sessions?user_id=u&limit=1000000", /limit/],
    ["/v1/sessions?user_id=u&status=gone", /status/],
    [`/v1/sessions/${id}/messages?after=-1`, /after/],
    [`/v1/sessions/${id}/messages?after=99999999999`, /after/],
    [`/v1/sessions/${id}/messages?after=1.5`, /after/],
    ["/v1/runs/x/events?after=99999999999", /after/],
    ["/v1/approvals?status=maybe", /status/],
    ["/v1/memories", /user_id/],
  ];
  for (const [at, named] of wrong) assertRefused(await ask("GET", at), 422, named);
  for (const last of ["abc", "-1", "99999999999"])
    assertRefused(
      await ask("GET", "/v1/runs/x/events", { headers: { "last-event-id": last } }),
      422,
      /last-event-id/,
    );
  for (const at of [
    "/v1/sessions?user_id=u&after=nobody",
    "/v1/sessions?user_id=%00&after=%00",
    `/v1/sessions/${id}/runs?after=%ED%A0%80`,
    "/v1/approvals?run_id=%00&session_id=%00&after=%00",
    "/v1/memories?user_id=u&q=%00",
  ])
    assert.equal((await ask("GET", at)).status, 200, at);
  for (const at of ["/v1/runs/%E0%A4%A", "/v1/nothing", "/agent", "/%00", "/v1/runs/%ff"])
    assertRefused(await ask("GET", at), 404, /There is no/);
  assertRefused(await ask("PUT", "/v1/sessions"), 404, /PUT/);
});

test("keys as long as they may be are as good as short ones", async () => {
  const long = () =>
    Array.from({ length: 200 }, () => String.fromCharCode(0x4e00 + Math.random() * 20_000)).join(
      "",
    );
  const [user, session, task] = [long(), long(), long()];
  const one = originalClient(main.url, user);
  await one.invoke(session, task, "预定如家酒店");
  await one.interrupted(session, task);
  await one.resume(session, task, "accept");
  assert.match(await one.answer(session, task), /如家酒店的住宿/u);
  const made = await client.createSession({ user_id: long(), external_id: long(), title: long() });
  assert.equal(made.title.length, 200);
});

test("after all of this the service has logged no fault of its own", () => {
  const faults = main
    .output()
    .split("\n")
    .filter((line) => line.includes('"level":50'));
  assert.deepEqual(faults, []);
});
