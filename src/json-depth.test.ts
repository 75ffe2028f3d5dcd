import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeeper } from "./json-depth.ts";

test("isDeeper counts objects and arrays, and nothing else", () => {
  assert.equal(isDeeper("text", 0), false);
  assert.equal(isDeeper({ a: [1, null] }, 2), false);
  assert.equal(isDeeper({ a: [1, {}] }, 2), true);
});

test("isDeeper does not itself go deeper than it has to", () => {
  const levels = 100_000;
  assert.equal(isDeeper(JSON.parse("[".repeat(levels) + "]".repeat(levels))), true);
});
