import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, suite, test } from "node:test";
import { acceptanceScript } from "#tests/support/acceptance-script.ts";
import { testDatabase } from "#tests/support/database.ts";
import { startWeather } from "#tests/support/mcp-process.ts";
import type { ModelReply, ModelRequest } from "#tests/support/model-script.ts";
import { startOllamaStandIn } from "#tests/support/ollama-stand-in.ts";
import { startOpenAiStandIn } from "#tests/support/openai-stand-in.ts";
import { type OriginalClient, originalClient } from "#tests/support/original-client.ts";
import { startProgram, startWorker, type WorkerProcess } from "#tests/support/process.ts";
import { until } from "#tests/support/until.ts";

/** A model as the processes are pointed at it. */
type Model = { env: Record<string, string> } & AsyncDisposable;

const models: Record<string, () => Promise<Model>> = {
  demo: async () => ({ env: { MODEL: "demo" }, async [Symbol.asyncDispose]() {} }),
  "a scripted OpenAI endpoint": async () => {
    const standIn = await startOpenAiStandIn(script);
    const env = { MODEL: "openai:any", OPENAI_BASE_URL: standIn.url, OPENAI_API_KEY: "any" };
    return { env, [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose]() };
  },
  "a scripted Ollama endpoint": async () => {
    const standIn = await startOllamaStandIn(script);
    const env = { MODEL: "ollama:any", OLLAMA_BASE_URL: standIn.url };
    return { env, [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose]() };
  },
};

const STEPS = 12;
const WALK = `走${STEPS}步，每步150毫秒`;

/** The acceptance script, and the demo model's long run of many steps, one call after another. */
function script(request: ModelRequest): ModelReply {
  const { messages } = request;
  const said = messages.findLastIndex(({ role }) => role === "user");
  const [, total, pause] = /走(\d+)步，每步(\d+)毫秒/u.exec(messages[said]?.text ?? "") ?? [];
  if (total === undefined) return acceptanceScript(request);
  const step = messages.slice(said).filter(({ role }) => role === "tool").length + 1;
  if (step > Number(total)) return { text: `${total}步都走完了。` };
  const call = { name: "multiply", args: { a: step, b: Number(total) } };
  return { toolCalls: [call], delayMs: Number(pause) };
}

/** The weather server of the fixtures and a configuration that names it, as the sample does: over SSE, by a key. */
async function weatherConfig(): Promise<{ env: Record<string, string> } & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const weather = opening.use(await startWeather("sse", { key: "secret" }));
  const folder = mkdtempSync(path.join(os.tmpdir(), "countersign-acceptance-"));
  opening.defer(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "countersign.yaml");
  const url = weather.url.replace("secret", `\${AMAP_KEY}`);
  writeFileSync(file, `mcp:\n  amap: { transport: sse, url: "${url}", allow_private: true }\n`);
  const stack = opening.move();
  return {
    env: { COUNTERSIGN_CONFIG: file, AMAP_KEY: "secret" },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Waits until the user's only task has journaled so much that it is in the middle of its steps. */
async function inTheMiddle(url: string, client: OriginalClient, session: string): Promise<void> {
  const get = async (at: string) => (await (await fetch(`${url}/v1${at}`)).json()) as Listed;
  const { data } = await get(`/sessions?user_id=${client.user}`);
  const id = data.find(({ external_id }) => external_id === session)?.id;
  await until("the run is in its third step", async () => {
    const [run] = (await get(`/sessions/${id}/runs`)).data;
    return (run?.last_seq ?? 0) > 12;
  });
}
type Listed = { data: { id: string; external_id: string; last_seq: number }[] };

/** All steps were taken, each once, in order. */
async function assertWalked(client: OriginalClient, session: string, task: string): Promise<void> {
  assert.equal(await client.answer(session, task), `${STEPS}步都走完了。`);
  const { last_response } = await client.status(session, task);
  const results = last_response?.result?.messages.filter(({ type }) => type === "tool");
  assert.deepEqual(
    results?.map(({ content }) => content),
    Array.from({ length: STEPS }, (_, i) => `${i + 1}乘以${STEPS}等于${(i + 1) * STEPS}。`),
  );
}

for (const [name, openModel] of Object.entries(models)) {
  suite(`The original's acceptance script, with ${name}, in separate processes`, () => {
    const opened = new AsyncDisposableStack();
    let api: WorkerProcess;
    let agent: WorkerProcess;
    let client: OriginalClient;

    before(async () => {
      const database = opened.use(await testDatabase());
      const model = opened.use(await openModel());
      const weather = opened.use(await weatherConfig());
      const env = { DATABASE_URL: database.url, ...model.env, ...weather.env };
      const [started, other, janitor] = await Promise.all([
        startWorker("api", env),
        startWorker("agent", env),
        startWorker("janitor", env),
      ]);
      [api, agent] = [started, other];
      opened.use(janitor);
      client = originalClient(api.url, "test1");
    });
    after(async () => {
      await agent?.kill();
      await api?.kill();
      await opened.disposeAsync();
    });

    test("1. yes: the hotel is booked", async () => {
      await client.invoke("s1", "t1", "调用工具预定如家酒店");
      const { action_request, description } = await client.interrupted("s1", "t1");
      assert.deepEqual(action_request, { action: "book_hotel", args: { hotel_name: "如家酒店" } });
      assert.match(description, /^准备调用 book_hotel 工具：\n- 参数为: .*如家酒店/u);
      await client.resume("s1", "t1", "accept");
      assert.match(await client.answer("s1", "t1"), /成功预定了在如家酒店的住宿。/u);
    });

    test("2. no: nothing is booked and the user is told", async () => {
      await client.invoke("s1", "t2", "调用工具预定桔子酒店");
      await client.interrupted("s1", "t2");
      await client.resume("s1", "t2", "reject");
      const answer = await client.answer("s1", "t2");
      assert.doesNotMatch(answer, /成功/u);
      assert.match(answer, /拒绝|取消/u);
    });

    test("3. edit: the hotel with the new name is booked", async () => {
      await client.invoke("s1", "t3", "调用工具预定全季酒店");
      await client.interrupted("s1", "t3");
      await client.resume("s1", "t3", "edit", { hotel_name: "全季酒店(软件园店)" });
      assert.match(await client.answer("s1", "t3"), /成功预定了在全季酒店\(软件园店\)的住宿。/u);
    });

    test("4. response: the agent calls again with the new name, and asks again", async () => {
      await client.invoke("s1", "t4", "调用工具预定汉庭酒店");
      await client.interrupted("s1", "t4");
      const feedback = "把酒店名称换为：汉庭酒店(软件园店)，再调用工具预定";
      await client.resume("s1", "t4", "response", feedback);
      const again = await until("it asks again", async () => {
        const shown = await client.interrupted("s1", "t4");
        return shown.action_request.args.hotel_name !== "汉庭酒店" && shown;
      });
      assert.deepEqual(again.action_request.args, { hotel_name: "汉庭酒店(软件园店)" });
      await client.resume("s1", "t4", "accept");
      assert.match(await client.answer("s1", "t4"), /成功预定了在汉庭酒店\(软件园店\)的住宿。/u);
    });

    test("5. status, new, history, setting: what the client's commands ask for", async () => {
      assert.equal((await client.status("s1", "t4")).status, "completed");
      await client.invoke("s2", "t1", "3乘以4");
      assert.match(await client.answer("s2", "t1"), /3乘以4等于12。/u);
      assert.equal(await client.activeSession(), "s2");
      assert.deepEqual(await client.sessions(), ["s2", "s1"]);
      assert.deepEqual(await client.tasks("s1"), ["t1", "t2", "t3", "t4"]);
      await client.writeLongTerm("我喜欢安静的高楼层房间");
      await client.invoke("s2", "t2", "我喜欢什么？");
      assert.match(await client.answer("s2", "t2"), /安静的高楼层房间/u);
    });

    test("6. the client is killed at the approval, and its user id brings it back there", async () => {
      const program = "tests/e2e/original-client-program.ts";
      const asking = ["test2-session", "上海天气如何？"];
      await using first = startProgram(program, [api.url, "test2", ...asking]);
      await until("the client is shown the approval", () => /"interrupted"/.test(first.output()));
      await first.kill("SIGKILL");

      await using second = startProgram(program, [api.url, "test2"]);
      await until("it is back at the approval", () => /"interrupted"/.test(second.output()));
      const back = second.output();
      assert.equal(back.trim().split("\n").length, 1, "it was there at once");
      assert.match(back, /准备调用 maps_weather 工具/u);
      assert.match(back, /"last_query":"上海天气如何？"/u);
      await second.kill("SIGKILL");

      const user = originalClient(api.url, "test2");
      await user.resume("test2-session", "test2-session-1", "accept");
      assert.match(await user.answer("test2-session", "test2-session-1"), /晴，25°C/u);
    });

    test("7. the agent's process is killed in the middle of a run: another goes on with it", async () => {
      const user = originalClient(api.url, "test3");
      await user.invoke("s1", "walk", WALK);
      await inTheMiddle(api.url, user, "s1");
      await agent.kill("SIGKILL");
      assert.equal((await user.status("s1", "walk")).status, "running");
      agent = await startWorker("agent", agent.env);
      await assertWalked(user, "s1", "walk");
    });

    test("7. every process is killed while an approval waits: the same place afterwards", async () => {
      const user = originalClient(api.url, "test4");
      await user.invoke("s1", "t1", "调用工具预定如家酒店");
      const before = await user.interrupted("s1", "t1");
      await Promise.all([agent.kill("SIGKILL"), api.kill("SIGKILL")]);
      [api, agent] = await Promise.all([
        startWorker("api", api.env),
        startWorker("agent", agent.env),
      ]);
      assert.equal(await user.activeSession(), "s1");
      assert.deepEqual(await user.interrupted("s1", "t1"), before);
      await user.resume("s1", "t1", "accept");
      assert.match(await user.answer("s1", "t1"), /成功预定了在如家酒店的住宿。/u);
    });

    test("8. several users and several tasks at once: everybody is answered what is theirs", async () => {
      const users = ["甲", "乙", "丙", "丁"].map((user) => originalClient(api.url, user));
      await Promise.all(
        users.map(async (one) => {
          const hotel = `${one.user}家酒店`;
          await Promise.all([
            one.invoke("s1", "book", `调用工具预定${hotel}`),
            one.invoke("s2", "sum", `${users.indexOf(one) + 2}乘以10`),
            one.invoke("s3", "refuse", "调用工具预定桔子酒店"),
          ]);
          const shown = await one.interrupted("s1", "book");
          assert.deepEqual(shown.action_request.args, { hotel_name: hotel });
          await one.resume("s1", "book", "accept");
          await one.interrupted("s3", "refuse");
          await one.resume("s3", "refuse", "reject");
          const [booked, sum, refused] = await Promise.all([
            one.answer("s1", "book"),
            one.answer("s2", "sum"),
            one.answer("s3", "refuse"),
          ]);
          assert.match(booked, new RegExp(`成功预定了在${hotel}的住宿。`, "u"));
          assert.match(sum, new RegExp(`等于${(users.indexOf(one) + 2) * 10}。`, "u"));
          assert.doesNotMatch(refused, /成功/u);
        }),
      );
      const { active_users } = await client.systemInfo();
      for (const { user } of users)
        assert.deepEqual(active_users[user]?.toSorted(), ["s1", "s2", "s3"]);
    });
  });

  suite(`The whole service in one process on its own database, with ${name}`, () => {
    const opened = new AsyncDisposableStack();
    let main: WorkerProcess;

    before(async () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), "countersign-data-"));
      opened.defer(() => rmSync(folder, { recursive: true, force: true }));
      const model = opened.use(await openModel());
      main = await startWorker("main", { DATA_DIR: folder, ...model.env });
    });
    after(async () => {
      await main?.kill("SIGTERM");
      await opened.disposeAsync();
    });

    test("7. killed in the middle of a run and of an approval, it comes back to both", async () => {
      const user = originalClient(main.url, "test5");
      await user.invoke("wait", "t1", "调用工具预定如家酒店");
      const before = await user.interrupted("wait", "t1");
      await user.invoke("walk", "t1", WALK);
      await inTheMiddle(main.url, user, "walk");
      await main.kill("SIGKILL");
      main = await startWorker("main", main.env);
      assert.deepEqual(await user.interrupted("wait", "t1"), before);
      await user.resume("wait", "t1", "accept");
      assert.match(await user.answer("wait", "t1"), /成功预定了在如家酒店的住宿。/u);
      await assertWalked(user, "walk", "t1");
    });
  });
}
