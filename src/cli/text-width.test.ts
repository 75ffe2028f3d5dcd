import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf, wrap } from "./text-width.ts";

test("columnsOf counts what a terminal draws", () => {
  assert.equal(columnsOf("hotel"), 5);
  assert.equal(columnsOf("如家酒店，"), 10);
  assert.equal(columnsOf("e\u0301"), 1);
  assert.equal(columnsOf("👩‍👩‍👧"), 2);
  assert.equal(columnsOf("\u001b[31mred\u001b[39m"), 3);
});

test("wrap breaks at spaces, between wide characters, and in words only where it must", () => {
  assert.deepEqual(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
  assert.deepEqual(wrap("预定如家酒店", 7), ["预定如", "家酒店"]);
  assert.deepEqual(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
  assert.deepEqual(wrap("  two\n\n  lines", 20), ["  two", "", "  lines"]);
  assert.deepEqual(wrap("\u001b[31mred words\u001b[39m", 5), ["\u001b[31mred", "words\u001b[39m"]);
});

test("no line of wrap is too wide, and no character is lost", () => {
  const text = "The Adlon 是柏林的一家 hotel_with_a_long_name，靠近勃兰登堡门 👩‍👩‍👧 !".repeat(5);
  for (let columns = 2; columns < 60; columns++) {
    const lines = wrap(text, columns);
    for (const line of lines) assert.ok(columnsOf(line) <= columns, `"${line}" in ${columns}`);
    assert.equal(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
  }
});
