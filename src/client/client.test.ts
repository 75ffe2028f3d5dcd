import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { ApiError, isPassing, UnexpectedAnswerError, UnreachableError } from "./api-error.ts";
import { openClient } from "./client.ts";

/** A client whose requests end in `answer` instead of on the network, and what it asked. */
function clientOf(answer: () => Response) {
  const asked: { method: string; url: string; headers: Headers; body: string }[] = [];
  const client = openClient({
    url: "http://example.test/base/",
    apiKey: "secret",
    fetch: async (input, init) => {
      const request = new Request(input, init);
      asked.push({
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: await request.text(),
      });
      return answer();
    },
  });
  return { client, asked };
}

const memory = {
  id: "mem_1",
  user_id: "u",
  kind: "preference",
  text: "tea",
  source: "api",
  created_at: "2026-11-23T08:00:00Z",
};

test("a request carries the key, its query and its body as JSON", async () => {
  const { client, asked } = clientOf(() => Response.json(memory, { status: 201 }));
  assert.deepEqual(await client.createMemory({ user_id: "u", text: "tea" }), memory);
  const [request] = asked;
  assert.equal(request?.method, "POST");
  assert.equal(request?.url, "http://example.test/base/v1/memories");
  assert.equal(request?.headers.get("authorization"), "Bearer secret");
  assert.equal(request?.headers.get("content-type"), "application/json");
  assert.deepEqual(JSON.parse(request?.body ?? ""), { user_id: "u", text: "tea" });
});

test("an id cannot leave its place in the path", async () => {
  const { client, asked } = clientOf(() => new Response(null, { status: 204 }));
  await client.deleteMemory("../settings?x=1", "u&v");
  assert.equal(
    asked[0]?.url,
    "http://example.test/base/v1/memories/..%2Fsettings%3Fx%3D1?user_id=u%26v",
  );
});

test("a problem is thrown with its fields and when to ask again", async () => {
  const problem = {
    type: "about:blank",
    title: "Unprocessable",
    status: 422,
    detail: "hotel_name should be a string",
    code: "invalid",
    request_id: "r1",
    errors: [{ path: "/args/hotel_name", message: "should be a string" }],
  };
  const { client } = clientOf(() =>
    Response.json(problem, { status: 422, headers: { "retry-after": "2" } }),
  );
  await assert.rejects(
    client.decide("apr_1", { type: "accept", user_id: "u" }),
    (error: unknown) =>
      error instanceof ApiError &&
      error.message === problem.detail &&
      error.problem.errors?.[0]?.path === "/args/hotel_name" &&
      error.retryAfterMs === 2000 &&
      !isPassing(error),
  );
});

test("an error page of something in between is still an ApiError", async () => {
  const { client } = clientOf(() => new Response("<h1>Bad Gateway</h1>", { status: 502 }));
  await assert.rejects(
    client.settings(),
    (error) =>
      error instanceof ApiError &&
      error.message === "GET /v1/settings was answered with HTTP 502" &&
      isPassing(error),
  );
});

test("an answer of another shape is refused, naming the field", async () => {
  const { client } = clientOf(() => Response.json({ hello: "world" }));
  await assert.rejects(
    client.run("run_1"),
    (error) =>
      error instanceof UnexpectedAnswerError && /GET \/v1\/runs\/run_1.*id:/.test(error.message),
  );
});

test("no latest session is undefined; any other problem is thrown", async () => {
  const problem = { type: "about:blank", title: "", status: 404, detail: "none", request_id: "" };
  const { client } = clientOf(() =>
    Response.json({ ...problem, code: "not_found" }, { status: 404 }),
  );
  assert.equal(await client.latestSession("u"), undefined);
  const other = clientOf(() => new Response("nothing here", { status: 404 }));
  await assert.rejects(other.client.latestSession("u"), ApiError);
});

test("where nothing listens, the error says what and why", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.close();
  await once(server, "close");
  await assert.rejects(
    openClient({ url }).settings(),
    (error) =>
      error instanceof UnreachableError &&
      error.message.startsWith(`Cannot reach ${url}: connect ECONNREFUSED`) &&
      isPassing(error),
  );
});
