import assert from "node:assert/strict";
import { test } from "node:test";
import { HIDDEN, jsonText, plainLine, survivesInput } from "./hidden.ts";

test("jsonText holds nothing hidden and can be parsed again to the same value", () => {
  const value = { "a\u202e": ["\u001b[1m", "\u{e0041}\ufe0f", "全季", 1.5, null, { b: true }] };
  const text = jsonText(value);
  assert.equal(text.search(HIDDEN), -1);
  assert.deepEqual(JSON.parse(text), value);
});

test("survivesInput leaves text of any language to its input", () => {
  for (const text of ["全季酒店（软件园店）", "naïve café", "می‌خواهم", "👩‍👩‍👧 ❤️ 🇩🇪", "two\nlines"])
    assert.equal(survivesInput(text), true, text);
  for (const text of [" a", "a\n", "a\tb", "a\rb", "a\u200bb", "a\u202eb", "pay\ufe0f", "\ud800"])
    assert.equal(survivesInput(text), false, JSON.stringify(text));
});

test("plainLine is one line without what is hidden, and never half a character", () => {
  assert.equal(plainLine(" a\u202e\n\tb ", 9), "a b");
  assert.equal(plainLine("ab👩cd", 4), "ab…");
  assert.equal(plainLine("abcd", 4), "abcd");
});
