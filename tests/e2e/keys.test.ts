import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { createServer } from "node:net";
import { after, before, suite, test } from "node:test";
import { type Client, openClient } from "#src/client/client.ts";
import { testDatabase } from "#tests/support/database.ts";
import { send } from "#tests/support/http.ts";
import { freePort } from "#tests/support/mcp-process.ts";
import { originalClient } from "#tests/support/original-client.ts";
import { startProgram, startWorker, type WorkerProcess } from "#tests/support/process.ts";
import { until } from "#tests/support/until.ts";

const opened = new AsyncDisposableStack();
let databaseUrl: string;

before(async () => {
  databaseUrl = opened.use(await testDatabase()).url;
});
after(() => opened.disposeAsync());

type Problem = { status: number; detail: string; title: string };

suite("With API keys", () => {
  let main: WorkerProcess;
  const SCOPES = {
    app: "runs+approvals",
    other: "runs+approvals",
    reader: "runs",
    decider: "approvals",
    boss: "admin",
  };

  before(async () => {
    const entries = Object.entries(SCOPES).map(
      ([name, scopes]) =>
        `${name}:${scopes}:${createHash("sha256").update(`${name}-key`).digest("hex")}`,
    );
    const env = { DATABASE_URL: databaseUrl, MODEL: "demo", API_KEYS: entries.join(",") };
    main = opened.use(await startWorker("main", env));
  });

  const as = (name: keyof typeof SCOPES): Client =>
    openClient({ url: main.url, apiKey: `${name}-key` });

  function ask(method: string, at: string, name?: string, json?: unknown) {
    return send<Problem>(main.url, method, at, {
      ...(json !== undefined && { json }),
      headers: name === undefined ? {} : { authorization: `Bearer ${name}-key` },
    });
  }

  /** The original's client behind one of the keys. */
  function original(name: keyof typeof SCOPES, user: string) {
    return originalClient(main.url, user, (url, init = {}) =>
      fetch(url, {
        ...init,
        headers: { ...(init.headers as object), authorization: `Bearer ${name}-key` },
      }),
    );
  }

  test("without a key, or with a wrong one, everything but health and documentation is 401", async () => {
    for (const at of [
      "/v1/sessions?user_id=u",
      "/v1/settings",
      "/agent/sessionids/u",
      "/system/info",
    ])
      for (const authorization of [
        "",
        "Bearer",
        "Bearer wrong",
        "Basic app-key",
        "app-key",
        "Bearer app-key x",
      ]) {
        const response = await fetch(main.url + at, {
          headers: authorization === "" ? {} : { authorization },
        });
        assert.equal(response.status, 401, `${at} with "${authorization}"`);
        assert.equal(response.headers.get("www-authenticate"), "Bearer");
        assert.match(((await response.json()) as Problem).detail, /key/);
      }
    for (const at of ["/live", "/ready", "/openapi.json", "/docs"])
      assert.equal((await ask("GET", at)).status, 200, at);
  });

  test("a key does only what its scopes let it: 403 names the scope that it lacks", async () => {
    const decision = { type: "accept", user_id: "u" };
    const resume = { user_id: "u", session_id: "s", task_id: "t", response_type: "accept" };
    const lacking: [string, string, keyof typeof SCOPES, unknown, RegExp][] = [
      ["POST", "/v1/approvals/any/decision", "reader", decision, /"reader".*"approvals"/],
      ["GET", "/v1/approvals", "reader", undefined, /"approvals"/],
      ["POST", "/agent/resume", "reader", resume, /"approvals"/],
      ["PATCH", "/v1/settings", "app", { session_ttl_seconds: 60 }, /"admin"/],
      ["POST", "/v1/sessions", "decider", { user_id: "u" }, /"runs"/],
      ["GET", "/agent/sessionids/u", "decider", undefined, /"runs"/],
    ];
    for (const [method, at, name, json, named] of lacking) {
      const { status, body } = await ask(method, at, name, json);
      assert.equal(status, 403, `${method} ${at} as ${name}`);
      assert.match(body.detail, named);
    }
    const changed = await as("boss").patchSettings({ session_ttl_seconds: 7200 });
    assert.equal(changed.session_ttl_seconds, 7200);
  });

  test("what belongs to another key's users is 404, and in no list", async () => {
    const [app, other] = [as("app"), as("other")];
    const session = await app.createSession({ user_id: "u", external_id: "s" });
    const { id } = await app.createRun(session.id, { input: "预定如家酒店", language: "zh" });
    await until("it waits", async () => (await app.run(id)).status === "waiting");
    const [approval] = (await app.approvals({ run_id: id })).data;
    assert.ok(approval);
    const memory = await app.createMemory({ user_id: "u", text: "喜欢高楼层" });
    const at = `/v1/approvals/${approval.id}`;
    const routes: [string, string, unknown?][] = [
      ["GET", `/v1/sessions/${session.id}`],
      ["PATCH", `/v1/sessions/${session.id}`, { title: "x" }],
      ["DELETE", `/v1/sessions/${session.id}`],
      ["GET", `/v1/sessions/${session.id}/messages`],
      ["GET", `/v1/sessions/${session.id}/runs`],
      ["POST", `/v1/sessions/${session.id}/runs`, { input: "x" }],
      ["GET", `/v1/runs/${id}`],
      ["GET", `/v1/runs/${id}/events`],
      ["POST", `/v1/runs/${id}/stop`, {}],
      ["DELETE", `/v1/runs/${id}`],
      ["GET", at],
      ["POST", `${at}/decision`, { type: "accept", user_id: "u" }],
      ["DELETE", `/v1/memories/${memory.id}?user_id=u`],
    ];
    for (const [method, path, json] of routes)
      assert.equal((await ask(method, path, "other", json)).status, 404, `${method} ${path}`);
    assert.deepEqual((await other.sessions({ user_id: "u" })).data, []);
    assert.deepEqual((await other.approvals({})).data, []);
    assert.deepEqual((await other.approvals({ session_id: session.id })).data, []);
    assert.deepEqual((await other.memories({ user_id: "u" })).data, []);
    assert.equal(await other.latestSession("u"), undefined);
    assert.equal((await app.approval(approval.id)).status, "pending");
  });

  test("the original's clients behind two keys are apart, with equal users, sessions and tasks", async () => {
    const [one, two] = [original("app", "same"), original("other", "same")];
    await one.invoke("s", "t", "3乘以4");
    await two.invoke("s", "t", "5乘以6");
    assert.match(await one.answer("s", "t"), /12/);
    assert.match(await two.answer("s", "t"), /30/);
    assert.deepEqual((await one.systemInfo()).active_users.same, ["s"]);
    await one.deleteSession("s");
    assert.deepEqual(await two.sessions(), ["s"]);
  });
});

suite("Without API keys", () => {
  let main: WorkerProcess;
  let port: string;

  before(async () => {
    main = opened.use(await startWorker("main", { DATABASE_URL: databaseUrl, MODEL: "demo" }));
    port = new URL(main.url).port;
  });

  /** fetch would not send another Host, as a browser does whose DNS was changed under it. */
  async function withHeaders(
    headers: Record<string, string>,
    method = "GET",
    path = "/agent/sessionids/u",
    body = "",
  ): Promise<number> {
    const sent = request(main.url + path, { method, headers }).end(body);
    const [response] = (await once(sent, "response")) as [import("node:http").IncomingMessage];
    response.resume();
    await once(response, "end");
    return response.statusCode ?? 0;
  }

  const session = JSON.stringify({ user_id: "rebound" });
  const json = { "content-type": "application/json" };

  test("only a loopback Host is served, so that no other name can be pointed here", async () => {
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, "localhost"])
      assert.equal(await withHeaders({ host }), 200, host);
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "10.0.0.1",
      "0.0.0.0",
    ]) {
      assert.equal(await withHeaders({ host }), 403, host);
      for (const path of ["/v1/sessions?user_id=u", "/openapi.json", "/docs", "/system/info"])
        assert.equal(await withHeaders({ host }, "GET", path), 403, `${path} at ${host}`);
      const status = await withHeaders({ host, ...json }, "POST", "/v1/sessions", session);
      assert.equal(status, 403, host);
    }
  });

  test("a foreign Origin is refused, our own is not", async () => {
    for (const origin of [
      "https://evil.example",
      "null",
      `http://127.0.0.1:${Number(port) + 1}`,
      `https://127.0.0.1:${port}`,
    ])
      assert.equal(await withHeaders({ origin }), 403, origin);
    assert.equal(await withHeaders({ origin: `http://127.0.0.1:${port}` }), 200);
  });

  test("a form's or a script's plain body is refused, and nothing of it is kept", async () => {
    const types = [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "text/json",
      "application/jsonx",
    ];
    for (const type of types)
      for (const path of ["/v1/sessions", "/agent/invoke", "/agent/resume", "/v1/memories"])
        assert.equal(await withHeaders({ "content-type": type }, "POST", path, session), 422, type);
    const length = { "content-length": String(session.length) };
    assert.equal(await withHeaders(length, "POST", "/v1/sessions", session), 422);
    const { data } = await openClient({ url: main.url }).sessions({ user_id: "rebound" });
    assert.deepEqual(data, []);
  });

  test("a second service on the same port says so and ends", async () => {
    await using second = startProgram("workers/main.ts", [], {
      DATABASE_URL: databaseUrl,
      MODEL: "demo",
      PORT: port,
    });
    assert.equal(await second.ended, 1);
    assert.match(second.output(), new RegExp(`127.0.0.1:${port}.*another program listens there`));
    assert.doesNotMatch(second.output(), /\n\s+at /, "no stack");
  });

  test("a worker whose health port is taken says so and ends", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port: at } = taken.address() as { port: number };
    await using worker = startProgram("workers/janitor.ts", [], {
      DATABASE_URL: databaseUrl,
      HEALTH_PORT: String(at),
    });
    assert.equal(await worker.ended, 1);
    assert.match(worker.output(), /HEALTH_PORT.*another program listens there/);
    taken.close();
  });

  test("on an address that others can reach it refuses to start and says why", async () => {
    const refuses = async (host: string) => {
      await using open = startProgram("workers/api.ts", [], {
        DATABASE_URL: databaseUrl,
        HOST: host,
        PORT: String(await freePort()),
      });
      assert.equal(await open.ended, 1);
      assert.match(open.output(), new RegExp(`HOST holds "${host}".*API_KEYS is not set`));
      assert.match(open.output(), /npm run api-key/);
    };
    await Promise.all(["0.0.0.0", "::", "192.0.2.1"].map(refuses));
  });
});
