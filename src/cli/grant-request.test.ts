import assert from "node:assert/strict";
import { test } from "node:test";
import { parseGrant } from "./grant-request.ts";

test("parseGrant takes a time, then uses, scope and fixed arguments in any order", () => {
  const hour = { scope: "session", expires_in_seconds: 3_600 };
  assert.deepEqual(parseGrant("1h"), hour);
  assert.deepEqual(parseGrant(" 60 m "), hour);
  assert.deepEqual(parseGrant("1d 3 uses"), { ...hour, expires_in_seconds: 86_400, uses: 3 });
  assert.deepEqual(parseGrant("1H fixed to,amount Place 1 use"), {
    ...hour,
    scope: "place",
    uses: 1,
    fixed: ["to", "amount"],
  });
  assert.deepEqual(parseGrant("1h fixed none"), { ...hour, fixed: [] });
});

test("parseGrant takes nothing that it does not understand whole", () => {
  for (const text of [
    "",
    "ever",
    "0h",
    "1h 3",
    "1h 3uses",
    "1h for you",
    "1h fixed",
    "1.5h",
    "1h here",
  ])
    assert.equal(parseGrant(text), undefined, text);
});
