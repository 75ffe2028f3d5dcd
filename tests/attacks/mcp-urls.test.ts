import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { test } from "node:test";
import { guardedFetch } from "#src/agent/mcp/guarded-fetch.ts";
import { RefusedError } from "#src/errors.ts";
import { eventually } from "#tests/support/eventually.ts";
import { openMcp } from "#tests/support/mcp-client.ts";
import { listenOnLoopback } from "#tests/support/scripted-mcp.ts";

/** Rule 13 of approvals: an MCP server's URL reaches the origin that the administrator wrote, and nothing else. */

const ok: RequestListener = (_request, response) => void response.end("reached");
const redirect =
  (status: number, location: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { location }).end();
const forbidden = (rule: RegExp) => (error: unknown) =>
  error instanceof RefusedError && error.code === "forbidden" && rule.test(error.message);

async function get(url: string, init?: RequestInit & { resolve?: () => Promise<string[]> }) {
  await using guarded = guardedFetch({ url, allowPrivate: false }, init);
  return (await guarded.fetch(url, init)).text();
}

for (const [form, host] of [
  ["as usual", "127.0.0.1"],
  ["as IPv6", "[::1]"],
  ["mapped into IPv6", "[::ffff:127.0.0.1]"],
  ["as a decimal number", "2130706433"],
  ["as an octal number", "017700000001"],
  ["as a hexadecimal number", "0x7f000001"],
  ["in hexadecimal parts", "0x7f.1"],
  ["in other digits", "①②⑦.0.0.1"],
  ["by name", "localhost"],
  ["as any address", "0.0.0.0"],
  ["as any address of IPv6", "[::]"],
] as const)
  test(`rule 13: loopback written ${form} is refused`, async () => {
    await using victim = await listenOnLoopback(ok);
    await assert.rejects(get(`https://${host}:${victim.port}/`), forbidden(/which is refused: /));
    assert.deepEqual(victim.requests, []);
  });

for (const host of ["10.0.0.1", "192.168.0.1", "100.64.0.1", "[fd00::1]", "[fe80::1]"])
  test(`rule 13: ${host} is refused`, async () => {
    await assert.rejects(get(`https://${host}/mcp`), forbidden(/allow_private is not set/));
  });

test("rule 13: a cloud's metadata address is refused, with allow_private too", async () => {
  for (const allowPrivate of [true, false]) {
    const url = "https://169.254.169.254/latest/meta-data";
    await using guarded = guardedFetch({ url, allowPrivate });
    await assert.rejects(guarded.fetch(url), forbidden(/metadata/));
  }
});

test("rule 13: a name with one public and one private address is refused", async () => {
  await assert.rejects(
    get("https://mixed.example/", { resolve: async () => ["93.184.216.34", "10.0.0.5"] }),
    forbidden(/mixed\.example is at 10\.0\.0\.5/),
  );
});

test("rule 13: a name is looked up once for a connection, and the connection goes to what was checked", async () => {
  await using first = await listenOnLoopback((_request, response) => {
    response.writeHead(200, { connection: "close" }).end("reached");
  });
  await using second = await listenOnLoopback(ok, { host: "127.0.0.2", port: first.port });
  const answers = ["127.0.0.1", "169.254.169.254", "127.0.0.2"];
  const url = `http://rebinding.example:${first.port}/`;
  await using guarded = guardedFetch(
    { url, allowPrivate: true },
    { resolve: async () => [answers.shift() ?? "0.0.0.0"] },
  );
  assert.equal(await (await guarded.fetch(url)).text(), "reached");
  assert.equal(answers.length, 2);
  await assert.rejects(guarded.fetch(url), forbidden(/169\.254\.169\.254, which is refused/));
  assert.equal(await (await guarded.fetch(url)).text(), "reached");
  assert.deepEqual([first.requests.length, second.requests.length], [1, 1]);
});

test("rule 13: plain http is refused unless allow_private", async () => {
  await assert.rejects(get("http://maps.example/mcp"), forbidden(/is not https/));
});

for (const target of [
  "http://10.0.0.1/",
  "http://169.254.169.254/latest",
  "https://evil.example/",
  "file:///etc/passwd",
])
  test(`rule 13: a redirect to ${target} is not followed`, async () => {
    await using server = await listenOnLoopback(redirect(307, target));
    await using guarded = guardedFetch({ url: server.origin, allowPrivate: true });
    await assert.rejects(guarded.fetch(server.origin), forbidden(/is outside http|is not https/));
  });

test("rule 13: a redirect to another origin gets neither the request nor its credentials", async () => {
  await using victim = await listenOnLoopback(ok);
  await using server = await listenOnLoopback(redirect(307, `${victim.origin}/steal`));
  await using guarded = guardedFetch({ url: server.origin, allowPrivate: true });
  const headers = { authorization: "Bearer hush-hush" };
  await assert.rejects(
    guarded.fetch(server.origin, { method: "POST", headers, body: "secret" }),
    forbidden(/\/steal is outside/),
  );
  assert.deepEqual(victim.requests, []);
});

test("rule 13: a redirect within the origin is followed, with method, body and headers", async () => {
  await using server = await listenOnLoopback((request, response) => {
    if (request.url === "/moved") redirect(308, "/here")(request, response);
    else {
      response.write(`${request.method} ${request.headers.authorization} `);
      request.pipe(response);
    }
  });
  await using guarded = guardedFetch({ url: server.origin, allowPrivate: true });
  const init = { method: "POST", headers: { authorization: "Bearer x" }, body: "body" };
  const answer = await guarded.fetch(`${server.origin}/moved`, init);
  assert.equal(await answer.text(), "POST Bearer x body");
});

test("rule 13: a redirect that would turn a POST into a GET is refused", async () => {
  await using server = await listenOnLoopback(redirect(303, "/here"));
  await using guarded = guardedFetch({ url: server.origin, allowPrivate: true });
  await assert.rejects(guarded.fetch(server.origin, { method: "POST" }), forbidden(/redirect 303/));
});

test("rule 13: redirects without end are given up after five", async () => {
  await using server = await listenOnLoopback(redirect(302, "/again"));
  await using guarded = guardedFetch({ url: server.origin, allowPrivate: true });
  await assert.rejects(guarded.fetch(server.origin), forbidden(/more than 5 times/));
  assert.equal(server.requests.length, 6);
});

test("rule 13: an address that the SDK discovers is held to the same origin", async () => {
  await using guarded = guardedFetch({ url: "http://127.0.0.1:9999/mcp", allowPrivate: true });
  for (const discovered of [
    "https://auth.example/.well-known/oauth-authorization-server",
    "http://127.0.0.1:9998/register",
    "http://localhost:9999/mcp",
  ])
    await assert.rejects(
      guarded.fetch(discovered),
      forbidden(/the only origin that the entry allows/),
    );
});

test("rule 13: an SSE endpoint on another origin gets no message", async () => {
  await using victim = await listenOnLoopback(ok);
  await using server = await listenOnLoopback((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`event: endpoint\ndata: ${victim.origin}/messages\n\n`);
  });
  await using servers = await openMcp({
    sly: { transport: "sse", url: `${server.origin}/sse`, allow_private: true },
  });
  assert.match(servers.status()[0]?.error ?? "", /does not match connection origin/);
  assert.deepEqual(victim.requests, []);
});

test("rule 13: secrets in an entry's URL, headers and env appear in no error and no log line", async () => {
  await using server = await listenOnLoopback((request, response) => {
    response.writeHead(500).end(`no ${request.url} for ${request.headers.authorization}`);
  });
  const secret = "sesame-open/up";
  const entry = {
    url: `${server.origin}/mcp?key=${encodeURIComponent(secret)}`,
    headers: { authorization: `Bearer ${secret}` },
    allow_private: true,
  };
  const grumble = `console.error("bad password " + process.env.PASSWORD); process.exit(1)`;
  await using servers = await openMcp({
    http: { transport: "http", ...entry },
    sse: { transport: "sse", ...entry },
    gone: { transport: "http", ...entry, url: `http://127.0.0.1:9/mcp?key=${secret}` },
    refused: { transport: "http", ...entry, allow_private: false },
    stdio: {
      transport: "stdio",
      command: process.execPath,
      args: ["-e", grumble],
      env: { PASSWORD: secret },
    },
  });
  await eventually("stderr is logged", () =>
    servers.logged.some((line) => /bad password/.test(line)),
  );
  const said = [...servers.logged, JSON.stringify(servers.status())].join("\n");
  assert.match(said, /Error POSTing to endpoint: no \/mcp/);
  assert.doesNotMatch(said, /sesame|open(\/|%2F)up/);
});
