import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { acceptanceScript } from "#tests/support/acceptance-script.ts";
import { testDatabase } from "#tests/support/database.ts";
import { send } from "#tests/support/http.ts";
import type { ModelReply, ModelRequest, ModelStandIn } from "#tests/support/model-script.ts";
import { startOpenAiStandIn } from "#tests/support/openai-stand-in.ts";
import { type OriginalClient, originalClient } from "#tests/support/original-client.ts";
import { startWorker, type WorkerProcess } from "#tests/support/process.ts";
import { until } from "#tests/support/until.ts";

const opened = new AsyncDisposableStack();
let main: WorkerProcess;
let model: ModelStandIn;
/** What the model answers in this test, where it is not the acceptance script. */
let special: ((request: ModelRequest) => ModelReply | undefined | Promise<ModelReply>) | undefined;
let users = 0;

before(async () => {
  const database = opened.use(await testDatabase());
  model = opened.use(
    await startOpenAiStandIn(async (request) => {
      return (await special?.(request)) ?? twoHotels(request) ?? acceptanceScript(request);
    }),
  );
  main = opened.use(
    await startWorker("main", {
      DATABASE_URL: database.url,
      MODEL: "openai:any",
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: "any",
    }),
  );
});
after(() => opened.disposeAsync());
beforeEach(() => {
  special = undefined;
});

/** A user whom no other test knows. */
function newUser(name = `user-${++users}`): OriginalClient {
  return originalClient(main.url, name);
}

function post(path: string, json: unknown) {
  return send(main.url, "POST", path, { json });
}

/** Two gated calls in one message. */
function twoHotels({ messages }: ModelRequest): ModelReply | undefined {
  const last = messages.at(-1);
  if (last?.role !== "user" || last.text !== "预定甲酒店和乙酒店") return undefined;
  const names = ["甲酒店", "乙酒店"];
  return { toolCalls: names.map((hotel_name) => ({ name: "book_hotel", args: { hotel_name } })) };
}

/** The user's approvals, as `/v1` lists them: unlike `/agent/status`, it shows nothing to the original's client. */
async function approvalsOf(user: string, status = "pending") {
  const at = `/v1/approvals?user_id=${encodeURIComponent(user)}&status=${status}`;
  const { body } = await send<{ data: { id: string; run_id: string }[] }>(main.url, "GET", at);
  return body.data;
}

/** Waits until so many approvals of the user are pending and the run waits for them. */
function waitingFor(user: string, count: number) {
  return until(`${count} approvals are pending`, async () => {
    const pending = await approvalsOf(user);
    const [first] = pending;
    if (pending.length !== count || !first) return undefined;
    const run = await send(main.url, "GET", `/v1/runs/${first.run_id}`);
    return run.body.status === "waiting" && pending;
  });
}

test("a task's status has every field in each state, null where it has no value", async () => {
  const client = newUser();
  const unknown = await client.status("s", "t");
  assert.equal(unknown.status, "not_found");
  assert.deepEqual([unknown.last_query, unknown.last_response], [null, null]);

  const held = Promise.withResolvers<void>();
  special = async () => {
    await held.promise;
    return { text: "好的" };
  };
  await client.invoke("s", "t1", "你好");
  await client.invoke("s", "t2", "在吗");
  const running = await client.wait("s", "t1", "running");
  assert.deepEqual([running.last_query, running.last_response], ["你好", null]);
  const idle = await client.status("s", "t2");
  assert.deepEqual([idle.status, idle.message, idle.last_response], ["idle", null, null]);

  held.resolve();
  const { last_response, last_updated } = await client.wait("s", "t2", "completed");
  assert.ok(last_updated && Math.abs(last_updated - Date.now() / 1000) < 60, "unix seconds");
  assert.ok(last_response);
  assert.deepEqual(
    { ...last_response, timestamp: 0, result: null },
    {
      session_id: "s",
      task_id: "t2",
      status: "completed",
      timestamp: 0,
      message: null,
      result: null,
      interrupt_data: null,
    },
  );
  const [human, ai, ...more] = last_response.result?.messages ?? [];
  assert.deepEqual([human?.type, human?.content], ["human", "在吗"]);
  assert.deepEqual([ai?.type, ai?.content], ["ai", "好的"]);
  assert.deepEqual(more, []);
});

test("a waiting approval is shown as their client reads it, to the letter", async () => {
  const client = newUser();
  await client.invoke("s", "t", "调用工具预定如家酒店");
  const { last_response, status } = await client.wait("s", "t", "interrupted");
  assert.equal(status, "interrupted");
  assert.ok(last_response?.interrupt_data);
  const { approval_id, ...shown } = last_response.interrupt_data;
  assert.equal(typeof approval_id, "string");
  assert.deepEqual(shown, {
    interrupt_type: "unknown",
    action_request: { action: "book_hotel", args: { hotel_name: "如家酒店" } },
    config: null,
    description: `准备调用 book_hotel 工具：
- 参数为: {"hotel_name":"如家酒店"}

是否允许继续？
输入 'yes' 接受工具调用
输入 'no' 拒绝工具调用
输入 'edit' 修改工具参数后调用工具
输入 'response' 不调用工具直接反馈信息

About to call the tool book_hotel:
- arguments: {"hotel_name":"如家酒店"}

May it go on?
Enter 'yes' to accept the call
Enter 'no' to reject the call
Enter 'edit' to change the arguments and call the tool
Enter 'response' to answer without calling the tool`,
  });
  assert.deepEqual([last_response.result, last_response.message], [null, null]);
  await client.resume("s", "t", "accept");
  const done = await client.wait("s", "t", "completed");
  assert.deepEqual(
    done.last_response?.result?.messages.map(({ type, content }) => [type, content]),
    [
      ["human", "调用工具预定如家酒店"],
      ["ai", ""],
      ["tool", "成功预定了在如家酒店的住宿。"],
      ["ai", "成功预定了在如家酒店的住宿。"],
    ],
  );
});

test("a failed task is `error` with words, and the session goes on", async () => {
  const client = newUser();
  special = () => ({ status: 401 });
  await client.invoke("s", "t1", "你好");
  const failed = await client.wait("s", "t1", "error");
  assert.match(failed.message ?? "", /OPENAI_API_KEY/);
  assert.deepEqual(
    [failed.last_response?.status, failed.last_response?.message, failed.last_response?.result],
    ["error", failed.message, null],
  );
  special = undefined;
  await client.invoke("s", "t2", "3乘以4");
  assert.equal(await client.answer("s", "t2"), "3乘以4等于12。");
});

test("a task that was stopped is `error` with words", async () => {
  const client = newUser();
  await client.invoke("s", "t", "调用工具预定如家酒店");
  const [approval] = await waitingFor(client.user, 1);
  const stopped = await post(`/v1/runs/${approval?.run_id}/stop`, { reason: "不去了" });
  assert.equal(stopped.status, 202);
  const { message, last_response } = await client.wait("s", "t", "error");
  assert.match(message ?? "", /不去了/u);
  assert.deepEqual([last_response?.status, last_response?.message], ["error", message]);
});

test("two gated calls of one message are shown one after another", async () => {
  const client = newUser();
  await client.invoke("s", "t", "预定甲酒店和乙酒店");
  assert.equal((await client.interrupted("s", "t")).action_request.args.hotel_name, "甲酒店");
  await client.resume("s", "t", "accept");
  const second = await until("the second is shown", async () => {
    const { action_request } = await client.interrupted("s", "t");
    return action_request.args.hotel_name === "乙酒店" && action_request;
  });
  assert.equal(second.action, "book_hotel");
  await client.resume("s", "t", "reject");
  const answer = await client.answer("s", "t");
  assert.match(answer, /成功预定了在甲酒店的住宿。/u);
  assert.doesNotMatch(answer, /成功预定了在乙酒店/u);
});

test("a doubled accept can't approve the next call: until status has shown it, resumes are 400", async () => {
  const client = newUser();
  await client.invoke("s", "t", "预定甲酒店和乙酒店");
  const answered = { user_id: client.user, session_id: "s", task_id: "t", response_type: "accept" };
  await waitingFor(client.user, 2);
  assert.equal((await post("/agent/resume", answered)).status, 400, "nothing was shown yet");

  await client.interrupted("s", "t");
  const both = await Promise.all([1, 2].map(() => post("/agent/resume", answered)));
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 400]);
  await waitingFor(client.user, 1);
  const unseen = await post("/agent/resume", answered);
  assert.deepEqual([unseen.status, unseen.type], [400, "application/problem+json"]);
  assert.equal(typeof unseen.body.detail, "string");
  assert.equal((await approvalsOf(client.user)).length, 1, "the second call still waits");

  assert.equal((await client.interrupted("s", "t")).action_request.args.hotel_name, "乙酒店");
  assert.equal((await post("/agent/resume", answered)).status, 200);
  assert.match(await client.answer("s", "t"), /乙酒店的住宿/u);
  assert.equal((await post("/agent/resume", answered)).status, 400, "it is done");
});

test("an approval_id that is sent back decides that approval and no other", async () => {
  const client = newUser();
  await client.invoke("s", "t", "预定甲酒店和乙酒店");
  const { approval_id } = await client.interrupted("s", "t");
  const [first, second] = await waitingFor(client.user, 2);
  const answered = { user_id: client.user, session_id: "s", task_id: "t", response_type: "accept" };
  assert.equal(approval_id, first?.id);
  const wrong = await post("/agent/resume", { ...answered, approval_id: second?.id });
  assert.equal(wrong.status, 400);
  assert.equal((await post("/agent/resume", { ...answered, approval_id })).status, 200);
});

test("last_response stays as it was while a resumed run is running", async () => {
  const client = newUser();
  const held = Promise.withResolvers<void>();
  await client.invoke("s", "t", "调用工具预定如家酒店");
  const before = await client.wait("s", "t", "interrupted");
  special = async (request) => {
    await held.promise;
    return acceptanceScript(request);
  };
  await client.resume("s", "t", "accept");
  const seen = await until("the run goes on", async () => {
    const standing = await client.status("s", "t");
    return standing.status !== "interrupted" && standing;
  });
  assert.equal(seen.status, "running");
  assert.deepEqual(seen.last_response, before.last_response);
  held.resolve();
  assert.match(await client.answer("s", "t"), /如家酒店的住宿/u);
});

test("a task id sent again answers as before with the same query, and 409 with another", async () => {
  const client = newUser();
  await client.invoke("s", "t", "3乘以4");
  await client.answer("s", "t");
  const calls = model.requests.length;
  await client.invoke("s", "t", "3乘以4");
  const ids = { user_id: client.user, session_id: "s", task_id: "t" };
  const other = await post("/agent/invoke", { ...ids, query: "5乘以6" });
  assert.deepEqual([other.status, other.type], [409, "application/problem+json"]);
  assert.match(String(other.body.detail), /"t"/);
  assert.equal(await client.answer("s", "t"), "3乘以4等于12。");
  assert.deepEqual(await client.tasks("s"), ["t"]);
  assert.equal(model.requests.length, calls, "nothing was run again");
});

test("two users with equal session and task ids see nothing of each other", async () => {
  const [one, other] = [newUser("U1"), newUser("U12")];
  await Promise.all([one.invoke("s", "t", "我叫甲"), other.invoke("s", "t", "我叫乙")]);
  await Promise.all([one.answer("s", "t"), other.answer("s", "t")]);
  await one.invoke("s", "t2", "我之前说了什么？");
  assert.equal(await one.answer("s", "t2"), "您之前说过：我叫甲");
  await one.writeLongTerm("喜欢高楼层");
  await other.invoke("s", "t2", "我喜欢什么？");
  assert.equal(await other.answer("s", "t2"), "我还不知道。");
  assert.deepEqual((await one.status("s", "t")).last_query, "我叫甲");
  await one.deleteSession("s");
  assert.deepEqual(await one.sessions(), []);
  assert.deepEqual(await other.tasks("s"), ["t", "t2"]);
});

test("a session remembers what was said in its earlier tasks", async () => {
  const client = newUser();
  await client.invoke("s", "t1", "我住在上海");
  await client.answer("s", "t1");
  await client.invoke("s", "t2", "我之前说了什么？");
  assert.equal(await client.answer("s", "t2"), "您之前说过：我住在上海");
  await client.invoke("other", "t", "我之前说了什么？");
  assert.equal(await client.answer("other", "t"), "您之前说过：没有");
});

for (const key of [
  "a/b",
  "a:b",
  "北京 一号",
  "%2F",
  "%252F",
  "a?b=c&d#e",
  "a\\b",
  "__proto__",
  "😀",
  "'\"",
])
  test(`the key ${JSON.stringify(key)} names user, session and task`, async () => {
    const client = newUser(key);
    await client.invoke(key, key, "调用工具预定如家酒店");
    await client.interrupted(key, key);
    await client.resume(key, key, "accept");
    assert.match(await client.answer(key, key), /如家酒店的住宿/u);
    assert.equal(await client.activeSession(), key);
    assert.deepEqual(await client.sessions(), [key]);
    assert.deepEqual(await client.tasks(key), [key]);
    const { body } = await send(main.url, "GET", "/system/info");
    const listed = new Map(Object.entries(body.active_users as Record<string, string[]>));
    assert.deepEqual(listed.get(key), [key]);
    await client.deleteTask(key, key);
    await client.deleteSession(key);
    assert.deepEqual(await client.sessions(), []);
  });

test("null for an optional field and fields that nobody knows are taken", async () => {
  const client = newUser();
  const ids = { user_id: client.user, session_id: "s", task_id: "t" };
  const query = "调用工具预定如家酒店";
  const taken = await post("/agent/invoke", { ...ids, query, system_message: null, other: [1] });
  assert.deepEqual(taken, { status: 200, type: "application/json", body: ids });
  await client.interrupted("s", "t");
  const resumed = await post("/agent/resume", {
    ...ids,
    response_type: "accept",
    args: null,
    approval_id: null,
    other: { x: 1 },
  });
  assert.deepEqual(resumed, { status: 200, type: "application/json", body: ids });
  await client.answer("s", "t");
});

test("deleting a task withdraws its approval and leaves the session's others", async () => {
  const client = newUser();
  await client.invoke("s", "t1", "3乘以4");
  await client.answer("s", "t1");
  await client.invoke("s", "t2", "调用工具预定如家酒店");
  await client.interrupted("s", "t2");
  await client.deleteTask("s", "t2");
  assert.equal((await client.status("s", "t2")).status, "not_found");
  assert.deepEqual(await approvalsOf(client.user), []);
  assert.deepEqual(await client.tasks("s"), ["t1"]);
  await client.invoke("s", "t3", "5乘以6");
  assert.equal(await client.answer("s", "t3"), "5乘以6等于30。");
});

test("/agent/session/{user}/{session}/{task} deletes the task too", async () => {
  const client = newUser();
  await client.invoke("s", "t", "3乘以4");
  await client.answer("s", "t");
  const at = `/agent/session/${client.user}/s/t`;
  const gone = await send(main.url, "DELETE", at);
  assert.deepEqual(
    [gone.status, gone.body.status, typeof gone.body.message],
    [200, "success", "string"],
  );
  assert.equal((await send(main.url, "DELETE", at)).status, 404);
  assert.deepEqual(await client.sessions(), ["s"]);
});

test("deleting a session stops the run that executes: it asks the model no more", async () => {
  const client = newUser();
  let calls = 0;
  special = async () => {
    calls++;
    return { toolCalls: [{ name: "multiply", args: { a: calls, b: 2 } }], delayMs: 20 };
  };
  await client.invoke("s", "t", "一直算下去");
  await until("it has begun", () => calls > 2);
  await client.deleteSession("s");
  const abandoned = calls;
  assert.deepEqual(await client.sessions(), []);
  special = undefined;
  await client.invoke("s", "t", "3乘以4");
  assert.equal(await client.answer("s", "t"), "3乘以4等于12。");
  assert.ok(calls <= abandoned + 1);
});

test("what is unknown is 404 and named", async () => {
  const client = newUser();
  const [user, session, task] = [client.user, "no-session", "no-task"];
  const ids = { user_id: user, session_id: session, task_id: task };
  const answers = {
    [task]: await post("/agent/resume", { ...ids, response_type: "accept" }),
    [user]: await post("/agent/write/longterm", { user_id: user, memory_info: "x" }),
    [session]: await send(main.url, "DELETE", `/agent/session/${user}/${session}`),
    "no-task in session": await send(main.url, "DELETE", `/agent/task/${user}/${session}/${task}`),
  };
  for (const [named, { status, type, body }] of Object.entries(answers)) {
    assert.deepEqual([status, type], [404, "application/problem+json"]);
    assert.ok(String(body.detail).includes(named), String(body.detail));
  }
  assert.equal(await client.activeSession(), "");
  assert.deepEqual(await client.sessions(), []);
  assert.deepEqual(await client.tasks(session), []);
});

test("what was written to long-term memory is in the next run's prompt", async () => {
  const client = newUser();
  await client.invoke("s", "t1", "你好");
  await client.answer("s", "t1");
  const { memory_id } = await client.writeLongTerm("我喜欢靠窗的房间");
  assert.match(memory_id, /^mem_/);
  await client.invoke("s2", "t2", "你好");
  await client.answer("s2", "t2");
  const system = model.requests.at(-1)?.messages.find(({ role }) => role === "system");
  assert.match(system?.text ?? "", /我喜欢靠窗的房间/u);
});

test("while one task waits, another task of the same session is answered", async () => {
  const client = newUser();
  await client.invoke("s", "t1", "调用工具预定如家酒店");
  await client.interrupted("s", "t1");
  await client.invoke("s", "t2", "3乘以4");
  assert.equal(await client.answer("s", "t2"), "3乘以4等于12。");
  const system = model.requests.at(-1)?.messages.find(({ role }) => role === "system");
  assert.match(
    system?.text ?? "",
    /book_hotel \{"hotel_name":"如家酒店"\}/u,
    "it knows what waits",
  );
  assert.equal((await client.status("s", "t1")).status, "interrupted");
  await client.resume("s", "t1", "accept");
  assert.match(await client.answer("s", "t1"), /如家酒店的住宿/u);
});

test("system_message is the run's own; without one it is the original's default", async () => {
  const client = newUser();
  const promptOf = async (task: string, given?: string | null) => {
    await client.invoke("s", task, "你好", given);
    await client.answer("s", task);
    return model.requests.at(-1)?.messages.find(({ role }) => role === "system")?.text;
  };
  assert.equal(await promptOf("t1", "你是海盗。"), "你是海盗。");
  const usual = "你会使用工具来帮助用户。如果工具使用被拒绝，请提示用户。";
  assert.equal(await promptOf("t2"), usual);
  assert.equal(await promptOf("t3", null), usual);
});

test("edit and response need their args, in the form that the original's client sends", async () => {
  const client = newUser();
  await client.invoke("s", "t", "调用工具预定如家酒店");
  await client.interrupted("s", "t");
  const ids = { user_id: client.user, session_id: "s", task_id: "t" };
  const wrong = [
    { response_type: "edit" },
    { response_type: "edit", args: { args: "如家" } },
    { response_type: "edit", args: { hotel_name: "如家" } },
    { response_type: "response", args: {} },
    { response_type: "response", args: { args: "" } },
    { response_type: "edit", args: { args: { hotel: "如家" } } },
    { response_type: "respond", args: { args: "x" } },
  ];
  for (const one of wrong) {
    const { status, type, body } = await post("/agent/resume", { ...ids, ...one });
    assert.deepEqual([status, type], [422, "application/problem+json"], JSON.stringify(one));
    assert.match(JSON.stringify(body.errors), /args|response_type/);
  }
  assert.equal((await client.status("s", "t")).status, "interrupted");
});
