import assert from "node:assert/strict";
import { test } from "node:test";
import { boundedBody } from "./bounded-body.ts";

const read = async (chunks: string[], contentType: string) =>
  new Response(
    boundedBody(ReadableStream.from(chunks.map((chunk) => Buffer.from(chunk))), contentType, 20),
  ).text();

test("boundedBody passes on a body that is short enough", async () => {
  assert.equal(
    await read(["0123456789", "0123456789"], "application/json"),
    "01234567890123456789",
  );
});

test("boundedBody ends a body that is too long", async () => {
  await assert.rejects(
    read(["0123456789", "01234567890"], "application/json"),
    /more than 20 bytes/,
  );
});

test("boundedBody bounds each event of a stream, not the stream", async () => {
  const events = ["data: 1\n\n", "data: 2\r\n", "\r\nda", "ta: 3\n\n", "data: 4\n\ndata: 5\n\n"];
  assert.equal(await read(events, "text/event-stream; charset=utf-8"), events.join(""));
});

test("boundedBody ends a stream whose event never ends", async () => {
  await assert.rejects(read(Array(5).fill("data: 1\n"), "text/event-stream"), /more than 20 bytes/);
  await assert.rejects(read(Array(5).fill("data:1"), "text/event-stream"), /more than 20 bytes/);
});
