import assert from "node:assert/strict";
import { test } from "node:test";
import { visible, visibleLine } from "./visible.ts";

test("visible shows what would act on a terminal as its code", () => {
  assert.equal(visible("\u001b[2J\u001b]0;title\u0007"), "\\u{1b}[2J\\u{1b}]0;title\\u{7}");
  assert.equal(visible("\u009b31m \u007f \u0000"), "\\u{9b}31m \\u{7f} \\u{0}");
  assert.equal(visible("over\rwritten"), "over\\u{d}written");
  assert.equal(visible("lone \ud800"), "lone \\u{d800}");
});

test("visible shows what would hide or turn text round", () => {
  assert.equal(visible("\u202eevil\u2066"), "\\u{202e}evil\\u{2066}");
  assert.equal(visible("a\u200bb\u200dc\ufeff\u00ad"), "a\\u{200b}b\\u{200d}c\\u{feff}\\u{ad}");
  assert.equal(visible("\u{e0041}\u3164\u2028"), "\\u{e0041}\\u{3164}\\u{2028}");
});

test("visible leaves text alone in any language", () => {
  for (const text of ["全季酒店（软件园店）", "naïve café", "می‌خواهم", "👩‍👩‍👧 ❤️ 🇩🇪", "two\nlines"])
    assert.equal(visible(text), text);
  assert.equal(visible("a\tb\r\nc"), "a    b\nc");
  assert.equal(visibleLine("two\nlines"), "two\\nlines");
});
