import assert from "node:assert/strict";
import { test } from "node:test";
import { McpCallError } from "#src/agent/mcp/call-error.ts";
import { eventually } from "#tests/support/eventually.ts";
import { openMcp, runTool } from "#tests/support/mcp-client.ts";
import {
  everythingOverStdio,
  freePort,
  startEverything,
  startWeather,
  weatherOverStdio,
} from "#tests/support/mcp-process.ts";
import { startScriptedMcp } from "#tests/support/scripted-mcp.ts";

const inputSchema = { type: "object", properties: {} };
const stateOf = (servers: Awaited<ReturnType<typeof openMcp>>) => servers.status()[0]?.state;

for (const transport of ["stdio", "http", "sse"] as const)
  test(`the reference server's tools work over ${transport}`, async () => {
    await using stack = new AsyncDisposableStack();
    const entry =
      transport === "stdio"
        ? everythingOverStdio
        : { url: stack.use(await startEverything(transport)).url, allow_private: true };
    const servers = stack.use(await openMcp({ everything: { transport, ...entry } }));

    assert.deepEqual(servers.status(), [{ name: "everything", state: "connected", tools: 13 }]);
    assert.equal(await runTool(servers, "echo", { message: "hello" }), "Echo: hello");
    assert.equal(await runTool(servers, "get-sum", { a: 2, b: 3 }), "The sum of 2 and 3 is 5.");
    assert.match(await runTool(servers, "get-tiny-image", {}), /\[image: image\/png, \d+ bytes/);
    assert.match(
      await runTool(servers, "get-structured-content", { location: "Chicago" }),
      /"temperature":/,
    );

    const progress: string[] = [];
    const longRun = { duration: 0.2, steps: 4 };
    await runTool(servers, "trigger-long-running-operation", longRun, {
      progress: (text) => void progress.push(text),
    });
    assert.equal(progress[0], "1 of 4");
    await assert.rejects(
      runTool(servers, "get-resource-reference", { resourceType: "Text", resourceId: -1 }),
      (error) => error instanceof McpCallError && error.outcome === "failed",
    );
  });

test("a tool that runs only as an MCP task is called, polled and fetched", async () => {
  await using servers = await openMcp({ e: { transport: "stdio", ...everythingOverStdio } });
  const progress: string[] = [];
  const report = await runTool(
    servers,
    "simulate-research-query",
    { topic: "tea" },
    {
      progress: (text) => void progress.push(text),
    },
  );
  assert.match(report, /^# Research Report: tea/);
  assert.ok(progress.includes("Gathering sources..."), progress.join());
});

test("a task is cancelled with its call", async () => {
  await using servers = await openMcp({ e: { transport: "stdio", ...everythingOverStdio } });
  const stop = new AbortController();
  const call = runTool(
    servers,
    "simulate-research-query",
    { topic: "tea" },
    { signal: stop.signal, progress: () => stop.abort(new Error("stopped by a person")) },
  );
  await assert.rejects(call, /stopped by a person/);
});

test("the weather of Shanghai comes over SSE with a key, and over stdio", async () => {
  await using weather = await startWeather("sse", { key: "sesame-open" });
  await using servers = await openMcp({
    amap: { transport: "sse", url: weather.url, allow_private: true },
    local: { transport: "stdio", ...weatherOverStdio },
  });
  assert.deepEqual(
    servers.tools().map(({ name, source, tier }) => `${name} ${source} ${tier}`),
    ["amap__maps_weather mcp:amap ask", "local__maps_weather mcp:local ask"],
  );
  for (const name of ["amap__maps_weather", "local__maps_weather"])
    assert.equal(await runTool(servers, name, { city: "上海" }), "上海：晴，25°C");
});

test("a server that is down at the start is reported, delays nothing, and is used once it is up", async () => {
  const port = await freePort();
  await using servers = await openMcp({
    later: { transport: "http", url: `http://127.0.0.1:${port}/mcp`, allow_private: true },
    missing: { transport: "stdio", command: "no-such-command" },
    here: { transport: "stdio", ...weatherOverStdio },
  });
  const changed = Promise.withResolvers<void>();
  using _ = servers.onChange(() => void (stateOf(servers) === "connected" && changed.resolve()));
  const [later, missing, here] = servers.status();
  assert.match(later?.error ?? "", /ECONNREFUSED/);
  assert.match(missing?.error ?? "", /no-such-command ENOENT/);
  assert.equal(here?.state, "connected");
  assert.deepEqual(
    servers.tools().map(({ name }) => name),
    ["maps_weather"],
  );

  await using _weather = await startWeather("http", { port });
  await changed.promise;
  assert.equal(await runTool(servers, "later__maps_weather", { city: "北京" }), "北京：多云，18°C");
});

test("a server that never answers is waited for only so long", async () => {
  const servers = await openMcp(
    {
      mute: {
        transport: "stdio",
        command: process.execPath,
        args: ["-e", "setInterval(() => {}, 1e6)"],
      },
    },
    { startWaitMs: 50, connectTimeoutMs: 300 },
  );
  assert.equal(servers.status()[0]?.error, "it is not connected yet");
  await eventually("the attempt is given up", () =>
    /did not answer within 0.3 s/.test(servers.status()[0]?.error ?? ""),
  );
  await servers[Symbol.asyncDispose]();
});

for (const transport of ["http", "sse"] as const)
  test(`a server over ${transport} that is killed and comes back is used again`, async () => {
    const port = await freePort();
    const first = await startEverything(transport, port);
    await using servers = await openMcp({
      e: { transport, url: first.url, allow_private: true },
    });
    const call = runTool(servers, "trigger-long-running-operation", { duration: 60, steps: 2 });
    const cut = assert.rejects(
      call,
      (error) =>
        error instanceof McpCallError &&
        error.outcome === "unknown" &&
        /"e" gave no answer to "trigger-long-running-operation"/.test(error.message),
    );
    await runTool(servers, "echo", { message: "the long one is under way" });
    await first.kill();
    await cut;
    await eventually("it is seen to be down", () => stateOf(servers) === "down");
    await assert.rejects(
      runTool(servers, "echo", { message: "hello" }),
      (error) =>
        error instanceof McpCallError &&
        error.outcome === "not_run" &&
        /The MCP server "e" is down .*"echo" was not run/.test(error.message),
    );

    await using _second = await startEverything(transport, port);
    const answer = await eventually("it works again", () =>
      runTool(servers, "echo", { message: "again" }),
    );
    assert.equal(answer, "Echo: again");
  });

test("a server over HTTP that was started anew between two calls is not noticed", async () => {
  const port = await freePort();
  const first = await startWeather("http", { port });
  await using servers = await openMcp({
    w: { transport: "http", url: first.url, allow_private: true },
  });
  await first.kill();
  await using _second = await startWeather("http", { port });
  assert.equal(await runTool(servers, "maps_weather", { city: "上海" }), "上海：晴，25°C");
});

test("a stdio server that dies is started again, and the call that it died in is of unknown outcome", async () => {
  await using servers = await openMcp({ e: { transport: "stdio", ...everythingOverStdio } });
  const pid = /"pid":(\d+)/.exec(servers.logged.join("\n"))?.[1];
  assert.ok(pid);
  const cut = assert.rejects(
    runTool(servers, "trigger-long-running-operation", { duration: 60, steps: 2 }),
    (error) => error instanceof McpCallError && error.outcome === "unknown",
  );
  await runTool(servers, "echo", { message: "the long one is under way" });
  process.kill(Number(pid), "SIGKILL");
  await cut;
  assert.equal(await runTool(servers, "echo", { message: "again" }), "Echo: again");
});

test("a call carries its idempotency key, and its abort reaches the server", async () => {
  const started = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<string>();
  await using scripted = await startScriptedMcp([{ name: "wait", inputSchema }], async (call) => {
    call.signal.addEventListener("abort", () => cancelled.resolve(String(call.signal.reason)));
    assert.equal(call.meta.idempotencyKey, "run/message/call");
    started.resolve();
    await cancelled.promise;
    return { content: [] };
  });
  await using servers = await openMcp({
    s: { transport: "http", url: scripted.url, allow_private: true },
  });
  const stop = new AbortController();
  const call = runTool(servers, "wait", {}, { signal: stop.signal });
  await started.promise;
  stop.abort(new Error("stopped by a person"));
  await assert.rejects(call, /stopped by a person/);
  assert.equal(await cancelled.promise, "the call was cancelled");
});

test("a list that changes is read again, and names settle", async () => {
  await using scripted = await startScriptedMcp([{ name: "one", inputSchema }]);
  await using servers = await openMcp(
    { s: { transport: "http", url: scripted.url, allow_private: true } },
    { reserved: ["multiply"] },
  );
  const names = () => servers.tools().map(({ name }) => name);
  assert.deepEqual(names(), ["one"]);
  await scripted.setTools([
    { name: "two", inputSchema },
    { name: "multiply", inputSchema },
  ]);
  await eventually("the new list is there", () => names().includes("two"));
  assert.deepEqual(names(), ["two", "s__multiply"]);
});

test("a result that says it is an error is thrown with its words", async () => {
  await using scripted = await startScriptedMcp([{ name: "fail", inputSchema }], () => ({
    isError: true,
    content: [{ type: "text", text: "there is no such hotel" }],
  }));
  await using servers = await openMcp({
    s: { transport: "http", url: scripted.url, allow_private: true },
  });
  await assert.rejects(
    runTool(servers, "fail", {}),
    (error) =>
      error instanceof McpCallError &&
      error.outcome === "failed" &&
      error.message === "there is no such hotel",
  );
});

test("a child gets PATH, HOME, LANG and what its entry says, and its stderr is logged", async () => {
  await using servers = await openMcp({
    e: { transport: "stdio", ...everythingOverStdio, env: { GREETING: "hello there" } },
  });
  const env = JSON.parse(await runTool(servers, "get-env", {}));
  assert.deepEqual(Object.keys(env).sort(), ["GREETING", "HOME", "LANG", "PATH"]);
  await eventually("its greeting is in the log", () =>
    servers.logged.some((line) => line.includes("Starting default (STDIO) server...")),
  );
});
