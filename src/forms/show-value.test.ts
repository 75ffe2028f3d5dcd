import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { showLine, showValue } from "./show-value.ts";

test("showValue gives a code to what is invisible or turns text round", () => {
  assert.equal(showValue("a\u202eb\u200bc\u{e0041}"), '"a\\u{202e}b\\u{200b}c\\u{e0041}"');
  assert.equal(
    showValue("pay\ufe0f \u034f\u3164\u00ad"),
    '"pay\\u{fe0f} \\u{34f}\\u{3164}\\u{ad}"',
  );
});

test("showValue gives a code to what looks like something else", () => {
  assert.equal(showValue("p\u0430ypal"), '"p\\u{430}ypal"');
  assert.equal(showValue("a\u00a0b\u3000c"), '"a\\u{a0}b\\u{3000}c"');
  assert.equal(showValue("cafe\u0301"), '"cafe\\u{301}"');
  assert.equal(showLine("end  "), "end\\u{20}\\u{20}");
});

test("showValue leaves text alone in any language", () => {
  for (const text of [
    "全季酒店(软件园店)",
    "naïve café",
    "Привет, мир",
    "می‌خواهم",
    "👩‍👩‍👧 ❤️‍🔥",
    "हिन्दी",
  ])
    assert.equal(showValue(text), JSON.stringify(text));
});

test("showValue tells types apart", () => {
  assert.deepEqual(["1", 1, true, null, [], {}].map(showValue), [
    '"1"',
    "1",
    "true",
    "null",
    "[]",
    "{}",
  ]);
});

test("showValue and showLine show two different texts differently", () => {
  const pieces = [
    "\\",
    "u{202e}",
    "\u202e",
    "e",
    "\u0301",
    "é",
    " ",
    "\u00a0",
    "\ufe0f",
    "а",
    "a",
    "\n",
  ];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((some) => some.join(""));
  fc.assert(
    fc.property(text, text, (one, other) => {
      fc.pre(one !== other);
      assert.notEqual(showValue(one), showValue(other));
      assert.notEqual(showLine(one), showLine(other));
      assert.doesNotMatch(showValue(one), /[\u202e\u00a0]/);
    }),
    { numRuns: 2000 },
  );
});
