import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import type { Outbound } from "../events.ts";
import { ApiError, UnexpectedAnswerError } from "./api-error.ts";
import { openClient } from "./client.ts";
import type { RunEvent } from "./follow-run.ts";

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server that answers its nth request with the nth answer, and notes where each wanted to go on. */
async function scripted(t: TestContext, answers: Answer[]) {
  const lastEventIds: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    lastEventIds.push(request.headers["last-event-id"] as string | undefined);
    answers.shift()?.(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { client: openClient({ url: `http://127.0.0.1:${port}` }), lastEventIds };
}

/** An event stream of these lines; cut off without an end where `cut` is set. */
function stream(messages: string[], { cut = false } = {}): Answer {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(messages.join(""), () => (cut ? response.destroy() : response.end()));
  };
}

function row(seq: number, event: Outbound): string {
  const data = JSON.stringify({ at: "2026-11-23T08:00:00Z", ...event });
  return `id: ${seq}\nevent: ${event.type}\ndata: ${data}\n\n`;
}

function live(message: string, from: number, text: string): string {
  return `event: live.delta\ndata: ${JSON.stringify({ message, from, text })}\n\n`;
}

const started = row(1, { type: "run.started", attempt: 1, model: "demo" });
const completed = (seq: number) => row(seq, { type: "run.completed", answer: "Hello world" });
const end = "event: end\ndata: {}\n\n";

async function told(events: AsyncIterable<RunEvent>): Promise<string[]> {
  const words: string[] = [];
  for await (const event of events) {
    if (event.kind === "event") words.push(event.event.type);
    else words.push(event.kind === "text" ? `+${event.text}` : event.kind);
  }
  return words;
}

test("followRun tells text once, whether it came live or from the journal", async (t) => {
  const { client } = await scripted(t, [
    stream([
      started,
      live("m1", 0, "Hel"),
      live("m1", 3, "lo "),
      row(2, { type: "text.delta", message: "m1", from: 0, text: "Hello " }),
      live("m1", 6, "world"),
      ": ping\n\n",
      row(3, { type: "text.delta", message: "m1", from: 6, text: "world" }),
      completed(4),
      end,
    ]),
  ]);
  assert.deepEqual(await told(client.events("run_1")), [
    "run.started",
    "+Hel",
    "+lo ",
    "+world",
    "run.completed",
  ]);
});

test("followRun connects again after the last row that it has", async (t) => {
  const { client, lastEventIds } = await scripted(t, [
    stream([started, live("m1", 0, "Hello ")], { cut: true }),
    (response) => response.writeHead(503).end(),
    stream([
      started, // a server that repeats itself
      row(2, { type: "text.delta", message: "m1", from: 0, text: "Hello world" }),
      completed(3),
    ]),
  ]);
  assert.deepEqual(await told(client.events("run_1")), [
    "run.started",
    "+Hello ",
    "lost",
    "back",
    "+world",
    "run.completed",
  ]);
  assert.deepEqual(lastEventIds, [undefined, "1", "1"]);
});

test("followRun tells a message anew after it was discarded", async (t) => {
  const { client } = await scripted(t, [
    stream([
      live("m1", 0, "wrong"),
      row(1, { type: "text.discarded", message: "m1", reason: "model answered 500" }),
      live("m1", 0, "right"),
      completed(2),
    ]),
  ]);
  assert.deepEqual(await told(client.events("run_1")), [
    "+wrong",
    "text.discarded",
    "+right",
    "run.completed",
  ]);
});

test("followRun passes over what only a newer server tells", async (t) => {
  const { client } = await scripted(t, [
    stream(['id: 1\nevent: run.dreamt\ndata: {"type":"run.dreamt"}\n\n', completed(2)]),
  ]);
  assert.deepEqual(await told(client.events("run_1")), ["run.completed"]);
});

test("followRun ends with `end` where the journal holds nothing more", async (t) => {
  const { client, lastEventIds } = await scripted(t, [stream([end])]);
  assert.deepEqual(await told(client.events("run_1", { after: 4 })), []);
  assert.deepEqual(lastEventIds, ["4"]);
});

test("followRun gives up where asking again is no use", async (t) => {
  const problem = {
    type: "about:blank",
    title: "Not Found",
    status: 404,
    detail: 'There is no run "run_1"',
    code: "not_found",
    request_id: "r1",
  };
  const { client } = await scripted(t, [
    (response) => response.writeHead(404).end(JSON.stringify(problem)),
    (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
  ]);
  await assert.rejects(told(client.events("run_1")), (error) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.status, 404);
    assert.equal(error.message, 'There is no run "run_1"');
    return true;
  });
  await assert.rejects(told(client.events("run_1")), UnexpectedAnswerError);
});

test("followRun returns when it is aborted, also while nothing comes and between attempts", async (t) => {
  const stop = new AbortController();
  const { client } = await scripted(t, [
    (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(started);
    },
  ]);
  const words: string[] = [];
  for await (const event of client.events("run_1", { signal: stop.signal })) {
    words.push(event.kind);
    setImmediate(() => stop.abort());
  }
  assert.deepEqual(words, ["event"]);

  const down = await scripted(t, [(response) => response.destroy()]);
  const again = new AbortController();
  for await (const event of down.client.events("run_1", { signal: again.signal })) {
    assert.equal(event.kind, "lost");
    again.abort();
  }
});
