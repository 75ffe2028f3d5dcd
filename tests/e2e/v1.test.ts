import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { EventSourceParserStream } from "eventsource-parser/stream";
import type { ApprovalBody, RunBody, SessionBody } from "#src/api.ts";
import { type Client, openClient } from "#src/client/client.ts";
import { acceptanceScript } from "#tests/support/acceptance-script.ts";
import { testDatabase } from "#tests/support/database.ts";
import { send } from "#tests/support/http.ts";
import { everythingOverStdio } from "#tests/support/mcp-process.ts";
import type { ModelRequest, ModelScript, ModelStandIn } from "#tests/support/model-script.ts";
import { startOpenAiStandIn } from "#tests/support/openai-stand-in.ts";
import { originalClient } from "#tests/support/original-client.ts";
import { startWorker, type WorkerProcess } from "#tests/support/process.ts";
import { until } from "#tests/support/until.ts";

const LONG = "trigger-long-running-operation";

const opened = new AsyncDisposableStack();
let main: WorkerProcess;
let client: Client;
let model: ModelStandIn;
/** What the model does in a run whose human said this; otherwise it follows the acceptance script. */
const scripts = new Map<string, ModelScript>();
let users = 0;

before(async () => {
  const database = opened.use(await testDatabase());
  model = opened.use(
    await startOpenAiStandIn((request) => {
      const said = request.messages.findLast(({ role }) => role === "user")?.text ?? "";
      return (scripts.get(said) ?? acceptanceScript)(request);
    }),
  );
  const folder = mkdtempSync(path.join(os.tmpdir(), "countersign-v1-"));
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "countersign.yaml");
  const everything = {
    transport: "stdio",
    ...everythingOverStdio,
    free: [LONG],
    timeout_seconds: 2,
  };
  writeFileSync(file, JSON.stringify({ mcp: { everything } })); // JSON is YAML
  main = opened.use(
    await startWorker("main", {
      DATABASE_URL: database.url,
      COUNTERSIGN_CONFIG: file,
      MODEL: "openai:any",
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: "any",
    }),
  );
  client = openClient({ url: main.url });
});
after(() => opened.disposeAsync());

function newUser(): string {
  return `user-${++users}`;
}

function newSession(user = newUser()): Promise<SessionBody> {
  return client.createSession({ user_id: user });
}

function get(at: string) {
  return send(main.url, "GET", at);
}

/** Waits until the run is as said. */
function runIs(id: string, status: RunBody["status"]): Promise<RunBody> {
  return until(`${id} is ${status}`, async () => {
    const run = await client.run(id);
    return run.status === status && run;
  });
}

async function ask(session: SessionBody, input: string): Promise<RunBody> {
  const { id } = await client.createRun(session.id, { input });
  return runIs(id, "completed");
}

/** A run that waits, and its first approval. */
async function waiting(session: SessionBody, input = "预定如家酒店") {
  const { id } = await client.createRun(session.id, { input });
  await runIs(id, "waiting");
  const [approval] = (await client.approvals({ run_id: id, status: "pending" })).data;
  assert.ok(approval);
  return { run: id, approval };
}

/** A run that is in the middle of a tool call that takes a minute. */
async function inLongTool(session: SessionBody, input: string): Promise<string> {
  scripts.set(input, ({ messages }) =>
    messages.at(-1)?.role === "tool"
      ? { text: "完成" }
      : { toolCalls: [{ name: LONG, args: { duration: 60, steps: 600 } }] },
  );
  const { id } = await client.createRun(session.id, { input });
  await journaled(id, "tool.started");
  return id;
}

type Event = { id?: string; event: string; data: Record<string, unknown> };

/** Reads a run's events as they come until `enough`, or until the server ends the stream. */
async function events(
  run: string,
  given: { query?: string; lastEventId?: string; enough?: (event: Event) => boolean } = {},
): Promise<Event[]> {
  const ending = new AbortController();
  const response = await fetch(`${main.url}/v1/runs/${run}/events${given.query ?? ""}`, {
    signal: AbortSignal.any([ending.signal, AbortSignal.timeout(20_000)]),
    headers: given.lastEventId === undefined ? {} : { "last-event-id": given.lastEventId },
  });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.ok(response.body);
  const stream = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  const seen: Event[] = [];
  for await (const { id, event = "message", data } of stream) {
    seen.push({ ...(id !== undefined && { id }), event, data: JSON.parse(data) });
    if (given.enough?.(seen.at(-1) as Event)) break;
  }
  ending.abort();
  return seen;
}

/** Waits for a row of this type in the run's journal. */
async function journaled(run: string, type: string): Promise<Event> {
  const seen = await events(run, { enough: ({ event }) => event === type });
  const found = seen.at(-1);
  assert.equal(found?.event, type);
  return found;
}

function systemPrompt(request: ModelRequest | undefined): string {
  return request?.messages.find(({ role }) => role === "system")?.text ?? "";
}

test("a session is made once per user and external id, keeps its title, and is deleted", async () => {
  const user = newUser();
  const given = { user_id: user, external_id: "chat-1", title: "出差" };
  const made = await send<SessionBody>(main.url, "POST", "/v1/sessions", { json: given });
  assert.deepEqual([made.status, made.body.title, made.body.user_id], [201, "出差", user]);
  const again = await send<SessionBody>(main.url, "POST", "/v1/sessions", { json: given });
  assert.deepEqual([again.status, again.body.id], [200, made.body.id]);
  const other = await client.createSession({ user_id: newUser(), external_id: "chat-1" });
  assert.notEqual(other.id, made.body.id);

  await client.deleteSession(made.body.id);
  const gone = await get(`/v1/sessions/${made.body.id}`);
  assert.equal(gone.status, 404);
  assert.ok(String(gone.body.detail).includes(made.body.id));
});

test("sessions are listed latest active first, page by page; the latest open one is found", async () => {
  const user = newUser();
  assert.equal(await client.latestSession(user), undefined);
  const [one, two, three] = [
    await newSession(user),
    await newSession(user),
    await newSession(user),
  ];
  await ask(one, "3乘以4");
  const pages: string[] = [];
  for (let after: string | undefined; ; ) {
    const { data, next } = await client.sessions({ user_id: user, limit: 2, after });
    pages.push(...data.map(({ id }) => id));
    if (next === null) break;
    after = next;
  }
  assert.deepEqual(pages, [one.id, three.id, two.id]);
  assert.equal((await client.latestSession(user))?.id, one.id);
});

test("a session's settings are its own and go back to the default with null", async () => {
  const session = await newSession();
  const settings = { system_prompt: "你是海盗。", while_running: "steer" as const };
  const changed = await client.patchSession(session.id, { title: "新标题", settings });
  assert.deepEqual([changed.title, changed.settings.while_running], ["新标题", "steer"]);
  await ask(session, "你好");
  assert.equal(systemPrompt(model.requests.at(-1)), "你是海盗。");
  const back = await client.patchSession(session.id, { settings: { system_prompt: null } });
  assert.deepEqual([back.settings.system_prompt, back.settings.while_running], [null, "steer"]);
});

test("a run is taken in once per external id, and its messages are in the transcript", async () => {
  const session = await newSession();
  const body = { input: "3乘以4", external_id: "t1" };
  const taken = await send<RunBody>(main.url, "POST", `/v1/sessions/${session.id}/runs`, {
    json: body,
  });
  assert.deepEqual([taken.status, taken.body.external_id], [202, "t1"]);
  const run = await runIs(taken.body.id, "completed");
  assert.equal(run.answer, "3乘以4等于12。");
  assert.equal((await client.createRun(session.id, body)).id, run.id);
  const other = { ...body, input: "4乘以4" };
  await assert.rejects(client.createRun(session.id, other), { status: 409 });

  const second = await ask(session, "你好");
  const runs = await client.runs(session.id, { limit: 1 });
  assert.deepEqual([runs.data[0]?.id, runs.next], [second.id, second.id]);
  const rest = await client.runs(session.id, { after: second.id });
  assert.deepEqual([rest.data[0]?.id, rest.next], [run.id, null]);
  const { data } = await client.messages(session.id);
  assert.deepEqual(
    data.map(({ seq, type }) => `${seq} ${type}`),
    ["1 human", "2 ai", "3 tool", "4 ai", "5 human", "6 ai"],
  );
  assert.deepEqual(data[1]?.tool_calls?.[0]?.args, { a: 3, b: 4 });
});

test("an approval shows what is sealed and is decided once; who comes late is told by whom", async () => {
  const user = newUser();
  const { run, approval } = await waiting(await newSession(user));
  assert.deepEqual(
    [approval.tool, approval.args, approval.args_text, approval.status, approval.kind],
    ["book_hotel", { hotel_name: "如家酒店" }, '{"hotel_name":"如家酒店"}', "pending", "tool_call"],
  );
  assert.deepEqual(approval.allowed, ["accept", "edit", "respond", "reject"]);
  const decided = await client.decide(approval.id, {
    type: "accept",
    user_id: user,
    digest: approval.digest,
  });
  assert.deepEqual([decided.status, decided.decision?.by], ["accepted", user]);
  const late = await send(main.url, "POST", `/v1/approvals/${approval.id}/decision`, {
    json: { type: "reject", user_id: user },
  });
  assert.deepEqual([late.status, late.type], [409, "application/problem+json"]);
  assert.equal(late.body.status, 409);
  assert.match(String(late.body.decided_by), new RegExp(user));
  assert.match(String(late.body.detail), new RegExp(user));
  assert.match((await runIs(run, "completed")).answer ?? "", /如家酒店的住宿/u);
});

test("two decisions at once: one wins, the other is a conflict, the tool runs once", async () => {
  const user = newUser();
  const { run, approval } = await waiting(await newSession(user));
  const body = { json: { type: "accept", user_id: user } };
  const at = `/v1/approvals/${approval.id}/decision`;
  const both = await Promise.all([1, 2, 3, 4].map(() => send(main.url, "POST", at, body)));
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409, 409, 409]);
  await runIs(run, "completed");
  const finished = (await events(run)).filter(({ event }) => event === "tool.finished");
  assert.equal(finished.length, 1);
});

test("a decision that can't be: wrong arguments name the field, another digest or person is refused", async () => {
  const user = newUser();
  const { approval } = await waiting(await newSession(user));
  const decide = (json: object) =>
    send<{ errors?: { path: string }[]; detail: string }>(
      main.url,
      "POST",
      `/v1/approvals/${approval.id}/decision`,
      { json: { user_id: user, ...json } },
    );
  const wrongs = [
    { type: "edit", args: { hotel_name: 7 } },
    { type: "edit", args: { hotel_name: "" } },
    { type: "edit", args: { hotel: "x", hotel_name: "x" } },
    { type: "edit", args: {} },
  ];
  for (const wrong of wrongs) {
    const { status, body } = await decide(wrong);
    assert.equal(status, 422, JSON.stringify(wrong));
    assert.match(body.errors?.[0]?.path ?? "", /^\/args/, JSON.stringify(body));
  }
  assert.match((await decide(wrongs[0] ?? {})).body.errors?.[0]?.path ?? "", /hotel_name$/);
  assert.equal((await decide({ type: "edit" })).status, 422);
  assert.equal((await decide({ type: "respond", message: "" })).status, 422);
  assert.equal((await decide({ type: "approve" })).status, 422);
  assert.equal((await decide({ type: "accept", digest: "0".repeat(64) })).status, 409);
  assert.equal((await decide({ type: "accept", user_id: newUser() })).status, 403);
  assert.equal((await client.approval(approval.id)).status, "pending");
});

test("an edit runs with the new arguments, which the approval keeps beside the old ones", async () => {
  const user = newUser();
  const { run, approval } = await waiting(await newSession(user));
  const args = { hotel_name: "如家酒店(软件园店)" };
  const decided = await client.decide(approval.id, { type: "edit", user_id: user, args });
  assert.deepEqual(
    [decided.status, decided.args, decided.decision?.args],
    ["edited", { hotel_name: "如家酒店" }, args],
  );
  assert.match((await runIs(run, "completed")).answer ?? "", /如家酒店\(软件园店\)的住宿/u);
});

test("a call that nobody knows the outcome of asks what happened, and can't be edited", async () => {
  const user = originalClient(main.url, newUser());
  scripts.set("做一件很久的事", ({ messages }) =>
    messages.at(-1)?.role === "tool"
      ? { text: messages.at(-1)?.text ?? "" }
      : { toolCalls: [{ name: LONG, args: { duration: 60, steps: 2 } }] },
  );
  await user.invoke("s", "t", "做一件很久的事");
  const shown = await user.interrupted("s", "t");
  assert.equal(shown.action_request.action, LONG);
  const approval = await client.approval(String(shown.approval_id));
  assert.deepEqual(
    [approval.kind, approval.allowed],
    ["outcome_unknown", ["accept", "respond", "reject"]],
  );
  const edit = await send<{ errors: { path: string }[] }>(
    main.url,
    "POST",
    `/v1/approvals/${approval.id}/decision`,
    { json: { type: "edit", user_id: user.user, args: {} } },
  );
  assert.deepEqual([edit.status, edit.body.errors[0]?.path], [422, "/type"]);
  await user.resume("s", "t", "response", "已经完成了");
  assert.match(await user.answer("s", "t"), /已经完成了/u);
});

test("memories are kept by user, found by word, and forgotten", async () => {
  const [user, other] = [newUser(), newUser()];
  const made = await client.createMemory({ user_id: user, text: "我喜欢靠窗的座位" });
  assert.deepEqual([made.user_id, made.kind, made.source], [user, "preference", "api"]);
  await client.createMemory({ user_id: user, text: "My dog is called Rex", kind: "fact" });
  const texts = async (of: string, q?: string) =>
    (await client.memories({ user_id: of, ...(q !== undefined && { q }) })).data.map((m) => m.text);
  assert.deepEqual(await texts(user), ["My dog is called Rex", "我喜欢靠窗的座位"]);
  assert.deepEqual(await texts(user, "座位"), ["我喜欢靠窗的座位"]);
  assert.deepEqual(await texts(other), []);
  await assert.rejects(client.deleteMemory(made.id, other), { status: 404 });
  await client.deleteMemory(made.id, user);
  await assert.rejects(client.deleteMemory(made.id, user), { status: 404 });
  assert.deepEqual(await texts(user), ["My dog is called Rex"]);
});

test("the default lifetime is changed while the service runs, and goes back", async () => {
  const session = await newSession();
  const { session_ttl_seconds: usual } = await client.settings();
  assert.deepEqual([session.ttl_seconds, usual], [3600, 3600]);
  await client.patchSettings({ session_ttl_seconds: 7200 });
  assert.equal((await client.session(session.id)).ttl_seconds, 7200);
  await client.patchSettings({ session_ttl_seconds: "never" });
  const forever = await client.session(session.id);
  assert.deepEqual([forever.ttl_seconds, forever.expires_at], [null, null]);
  assert.equal(
    (await client.patchSettings({ session_ttl_seconds: "default" })).session_ttl_seconds,
    3600,
  );
});

test("a session ends after its lifetime, never while a run of it waits, and opens again with its memory", async () => {
  const [waits, ends, stays] = [await newSession(), await newSession(), await newSession()];
  const { run, approval } = await waiting(waits);
  await ask(ends, "我住在上海");
  for (const { id } of [waits, stays, ends])
    await client.patchSession(id, { ttl_seconds: id === stays.id ? "never" : 1 });
  await until("the unused one is closed", async () => {
    return (await client.session(ends.id)).status === "closed";
  });
  assert.equal((await client.session(waits.id)).status, "open");
  assert.equal((await client.session(stays.id)).status, "open");
  assert.equal(await client.latestSession(ends.user_id), undefined);

  const { answer } = await ask(ends, "我之前说了什么？");
  assert.equal(answer, "您之前说过：我住在上海");
  assert.equal((await client.latestSession(ends.user_id))?.id, ends.id);
  await until("it is closed again", async () => {
    return (await client.session(ends.id)).status === "closed";
  });
  assert.equal((await client.patchSession(ends.id, { status: "open" })).status, "open");
  await client.decide(approval.id, { type: "accept", user_id: waits.user_id });
  await runIs(run, "completed");
});

test("a run's events come in order, resume after any of them without gap or repeat, and end", async () => {
  const session = await newSession();
  const said = "慢慢说";
  const text = "从前有座山，山里有座庙，庙里有个老和尚在讲故事。".repeat(6);
  scripts.set(said, () => ({ text, chunkDelayMs: 20 }));
  const { id } = await client.createRun(session.id, { input: said });
  const first = await events(id, { enough: ({ event }) => event === "live.delta" });
  const last = first.findLast((event) => event.id !== undefined)?.id ?? "";
  const second = await events(id, { lastEventId: last });

  const rows = [...first, ...second].filter((event) => event.id !== undefined);
  assert.deepEqual(
    rows.map((event) => event.id),
    rows.map((_, index) => String(index + 1)),
  );
  assert.equal(rows.length, (await client.run(id)).last_seq);
  assert.deepEqual(
    second.slice(-2).map(({ event }) => event),
    ["run.completed", "end"],
  );
  assert.ok(
    second.some(({ event }) => event === "live.delta"),
    "it was seen while it was written",
  );
  assert.ok(rows.every(({ data }) => !Number.isNaN(Date.parse(String(data.at)))));

  const merged = (list: Event[]) =>
    list
      .filter(({ event }) => event === "live.delta" || event === "text.delta")
      .reduce((sum, { data }) => {
        const from = Number(data.from);
        assert.ok(from <= sum.length, "no live text is missing in front of this one");
        const end = sum.slice(0, from) + data.text;
        return end.length > sum.length ? end : sum;
      }, "");
  assert.equal(merged(rows), text);
  assert.equal(merged([...first, ...second]), text);

  const all = await events(id);
  assert.deepEqual(all.slice(0, -1), rows, "the journal, read later, is the same");
  assert.deepEqual(await events(id, { query: "?after=2" }), all.slice(2));
  const nothing = await events(id, { lastEventId: String(rows.length) });
  assert.deepEqual(
    nothing.map(({ event }) => event),
    ["end"],
  );
});

test("a run's events end when it is deleted under a reader's eyes", async () => {
  const { run } = await waiting(await newSession());
  const reading = events(run);
  await client.deleteRun(run);
  assert.equal((await reading).at(-1)?.event, "end");
  assert.equal((await get(`/v1/runs/${run}/events`)).status, 404);
});

test("a queued run is stopped at once, and the one before it goes on", async () => {
  const session = await newSession();
  const held = Promise.withResolvers<void>();
  scripts.set("等一下", async () => {
    await held.promise;
    return { text: "好了" };
  });
  const first = await client.createRun(session.id, { input: "等一下" });
  const second = await client.createRun(session.id, { input: "3乘以4" });
  const third = await client.createRun(session.id, { input: "5乘以6" });
  const stopped = await client.stopRun(second.id, { reason: "不用了" });
  assert.deepEqual([stopped.status, stopped.error?.message], ["stopped", "不用了"]);
  held.resolve();
  assert.equal((await runIs(first.id, "completed")).answer, "好了");
  assert.equal((await runIs(third.id, "completed")).answer, "5乘以6等于30。");
});

test("a run is stopped in the middle of a tool, and the session goes on", async () => {
  const session = await newSession();
  const run = await inLongTool(session, "做一分钟的事");
  await client.stopRun(run, { reason: "够了" });
  const { error } = await runIs(run, "stopped");
  assert.match(error?.message ?? "", /够了/u);
  const last = (await events(run)).at(-2);
  assert.deepEqual([last?.event, last?.data.reason], ["run.stopped", "够了"]);
  assert.match(JSON.stringify(last?.data.done), new RegExp(LONG), "it is said what had begun");
  assert.equal((await ask(session, "3乘以4")).answer, "3乘以4等于12。");
});

test("a waiting run is stopped: its approval is withdrawn", async () => {
  const session = await newSession();
  const { run, approval } = await waiting(session);
  await client.stopRun(run);
  await runIs(run, "stopped");
  assert.equal((await client.approval(approval.id)).status, "withdrawn");
  await assert.rejects(client.decide(approval.id, { type: "accept", user_id: session.user_id }), {
    status: 409,
  });
  assert.equal((await ask(session, "3乘以4")).answer, "3乘以4等于12。");
});

test("a finished run stays as it is when it is stopped", async () => {
  const run = await ask(await newSession(), "3乘以4");
  assert.deepEqual(await client.stopRun(run.id), run);
});

test("what arrives while a run executes is queued, in order", async () => {
  const session = await newSession();
  const held = Promise.withResolvers<void>();
  scripts.set("先等着", async () => {
    await held.promise;
    return { text: "好了" };
  });
  const inputs = ["先等着", "1乘以1", "2乘以2", "3乘以3"];
  const ids: string[] = [];
  for (const input of inputs) ids.push((await client.createRun(session.id, { input })).id);
  await runIs(ids[0] ?? "", "running");
  const queued = await journaled(ids[2] ?? "", "run.queued");
  assert.deepEqual([queued.data.ahead, queued.data.mode], [2, "queue"]);
  held.resolve();
  for (const id of ids) await runIs(id, "completed");
  const { data } = await client.messages(session.id);
  const said = data.filter(({ type }) => type === "human").map(({ content }) => content);
  assert.deepEqual(said, inputs);
});

test("what steers a run is in its next model call, and the run answers for both", async () => {
  const session = await newSession();
  scripts.set("走一段路", () => ({
    toolCalls: [{ name: LONG, args: { duration: 1.2, steps: 2 } }],
  }));
  scripts.set("顺便说一声好", () => ({ text: "好，路也走完了" }));
  const { id: first } = await client.createRun(session.id, { input: "走一段路" });
  await journaled(first, "tool.started");
  const { id: second } = await client.createRun(session.id, {
    input: "顺便说一声好",
    while_running: "steer",
  });
  assert.equal((await runIs(first, "completed")).answer, "好，路也走完了");
  assert.equal((await client.run(second)).status, "completed");
  const steered = (await events(first)).find(({ event }) => event === "steered");
  assert.deepEqual([steered?.data.runId, steered?.data.text], [second, "顺便说一声好"]);
});

test("what interrupts a run stops it and is answered next", async () => {
  const session = await newSession();
  const first = await inLongTool(session, "一直做下去");
  const { id } = await client.createRun(session.id, {
    input: "3乘以4",
    while_running: "interrupt",
  });
  const { error } = await runIs(first, "stopped");
  assert.match(error?.message ?? "", /interrupted/);
  assert.equal((await runIs(id, "completed")).answer, "3乘以4等于12。");
});

test("while a run waits: beside it others are answered, with a note of what waits", async () => {
  const session = await newSession();
  await waiting(session);
  assert.equal((await ask(session, "3乘以4")).answer, "3乘以4等于12。");
  assert.match(systemPrompt(model.requests.at(-1)), /book_hotel \{"hotel_name":"如家酒店"\}/u);
});

test("while a run waits: with `queue` others wait behind it", async () => {
  const session = await newSession();
  await client.patchSession(session.id, { settings: { while_waiting: "queue" } });
  const { run, approval } = await waiting(session);
  const { id } = await client.createRun(session.id, { input: "3乘以4" });
  const beside = await newSession();
  await ask(beside, "5乘以6"); // the worker is free, and would have taken it
  assert.equal((await client.run(id)).status, "queued");
  await client.decide(approval.id, { type: "reject", user_id: session.user_id });
  await runIs(run, "completed");
  assert.equal((await runIs(id, "completed")).answer, "3乘以4等于12。");
});

test("while a run waits: with `withdraw` its approval is taken back and the next is answered", async () => {
  const session = await newSession();
  await client.patchSession(session.id, { settings: { while_waiting: "withdraw" } });
  const { run, approval } = await waiting(session);
  assert.equal((await ask(session, "3乘以4")).answer, "3乘以4等于12。");
  assert.equal((await client.approval(approval.id)).status, "withdrawn");
  assert.match((await runIs(run, "completed")).answer ?? "", /撤回/u);
});

test("approvals are listed by status, user, run and session, page by page", async () => {
  const user = newUser();
  const [one, two] = [await newSession(user), await newSession(user)];
  const first = (await waiting(one)).approval;
  const second = (await waiting(two)).approval;
  const ids = (page: { data: ApprovalBody[] }) => page.data.map(({ id }) => id);
  assert.deepEqual(ids(await client.approvals({ user_id: user })), [first.id, second.id]);
  assert.deepEqual(ids(await client.approvals({ session_id: two.id })), [second.id]);
  assert.deepEqual(ids(await client.approvals({ run_id: first.run_id })), [first.id]);
  const page = await client.approvals({ user_id: user, limit: 1 });
  assert.deepEqual([ids(page), page.next], [[first.id], first.id]);
  const rest = await client.approvals({ user_id: user, limit: 1, after: first.id });
  assert.deepEqual([ids(rest), rest.next], [[second.id], null]);
  await client.decide(first.id, { type: "reject", user_id: user });
  const pending = await client.approvals({ user_id: user, status: "pending" });
  assert.deepEqual(ids(pending), [second.id]);
});

const ROUTES = `
DELETE /agent/session/{user_id}/{session_id}
DELETE /agent/session/{user_id}/{session_id}/{task_id}
DELETE /agent/task/{user_id}/{session_id}/{task_id}
DELETE /v1/memories/{id}
DELETE /v1/runs/{id}
DELETE /v1/sessions/{id}
GET /agent/active/sessionid/{user_id}
GET /agent/sessionids/{user_id}
GET /agent/status/{user_id}/{session_id}/{task_id}
GET /agent/tasks/{user_id}/{session_id}
GET /system/info
GET /v1/approvals
GET /v1/approvals/{id}
GET /v1/memories
GET /v1/runs/{id}
GET /v1/runs/{id}/events
GET /v1/sessions
GET /v1/sessions/latest
GET /v1/sessions/{id}
GET /v1/sessions/{id}/messages
GET /v1/sessions/{id}/runs
GET /v1/settings
PATCH /v1/sessions/{id}
PATCH /v1/settings
POST /agent/invoke
POST /agent/resume
POST /agent/write/longterm
POST /v1/approvals/{id}/decision
POST /v1/memories
POST /v1/runs/{id}/stop
POST /v1/sessions
POST /v1/sessions/{id}/runs`.trim();

type OpenApi = {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      { parameters?: { name: string; in: string; schema?: object }[]; responses: object }
    >
  >;
};

test("/openapi.json lists every route with its parameters, and every reference in it leads somewhere", async () => {
  const { body } = await send<OpenApi>(main.url, "GET", "/openapi.json");
  assert.equal(body.openapi, "3.1.0");
  const listed = Object.entries(body.paths).flatMap(([at, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${at}`),
  );
  for (const route of ROUTES.split("\n")) assert.ok(listed.includes(route), `${route} is missing`);
  for (const [at, methods] of Object.entries(body.paths))
    for (const [method, { parameters = [], responses }] of Object.entries(methods)) {
      const named = [...at.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = parameters.filter((one) => one.in === "path").map(({ name }) => name);
      assert.deepEqual(declared.sort(), named.sort(), `${method} ${at}`);
      assert.ok(
        parameters.every(({ schema }) => schema),
        `${method} ${at}`,
      );
      assert.ok(Object.keys(responses).some((status) => status.startsWith("2")));
    }
  for (const [, to = ""] of JSON.stringify(body).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = to
      .split("/")
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], body);
    assert.ok(found, `#/${to}`);
  }
});

test("/docs shows every route without asking another host for anything", async () => {
  const response = await fetch(`${main.url}/docs`);
  const page = await response.text();
  assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
  for (const route of ROUTES.split("\n")) assert.ok(page.includes(route.split(" ")[1] ?? ""));
  assert.doesNotMatch(page, /(?:src|href|url\(|@import)\W{0,3}(?:https?:)?\/\//i);
  assert.doesNotMatch(page, /<script/i);
});
