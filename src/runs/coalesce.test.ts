import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outbound } from "../events.ts";
import { coalesce } from "./coalesce.ts";

function delta(seq: number, from: number, text: string, message = "m1") {
  return { seq, event: { type: "text.delta", message, from, text } satisfies Outbound };
}
const resumed = { seq: 3, event: { type: "run.resumed", by: null } satisfies Outbound };

test("coalesce() joins the deltas of a message that wait one after another", () => {
  const rows = [delta(4, 0, "Good "), delta(5, 5, "morn"), delta(6, 9, "ing")];
  assert.deepEqual(coalesce(rows), delta(6, 0, "Good morning"));
});

test("coalesce() stops at another message and at any other event", () => {
  assert.deepEqual(coalesce([delta(1, 0, "a"), delta(2, 0, "b", "m2")]), delta(1, 0, "a"));
  assert.deepEqual(coalesce([delta(2, 0, "a"), resumed, delta(4, 1, "b")]), delta(2, 0, "a"));
});

test("coalesce() takes the later text where deltas overlap, and joins nothing across a hole", () => {
  assert.deepEqual(coalesce([delta(1, 0, "Hello"), delta(2, 1, "i!")]), delta(2, 0, "Hi!"));
  assert.deepEqual(coalesce([delta(1, 0, "ab"), delta(2, 3, "d")]), delta(1, 0, "ab"));
  assert.deepEqual(coalesce([delta(1, 5, "ab"), delta(2, 0, "x")]), delta(1, 5, "ab"));
});

test("coalesce() leaves any other event as it is", () => {
  assert.deepEqual(coalesce([resumed, delta(4, 0, "a")]), resumed);
  assert.equal(coalesce([]), undefined);
});
