import assert from "node:assert/strict";
import { test } from "node:test";
import { compileCheck } from "./check-args.ts";

const check = compileCheck({
  type: "object",
  properties: {
    city: { type: "string", minLength: 1 },
    days: { type: "integer", minimum: 1, maximum: 7, default: 3 },
    unit: { enum: ["C", "F"] },
    at: { type: "string", format: "date" },
    "a/b": { type: "object", properties: { c: { type: "number" } } },
  },
  required: ["city"],
  additionalProperties: false,
});

const faults = (args: unknown) => {
  const result = check(args);
  return result.ok ? [] : result.errors.map(({ path, message }) => `${path} ${message}`);
};

test("compileCheck fills in defaults and leaves what was given alone", () => {
  const given = { city: "上海" };
  assert.deepEqual(check(given), { ok: true, args: { city: "上海", days: 3 } });
  assert.deepEqual(given, { city: "上海" });
});

test("compileCheck says what is wrong, by JSON pointer and in plain words", () => {
  assert.deepEqual(faults({}), ["/city is missing"]);
  assert.deepEqual(faults({ city: 1 }), ["/city should be string"]);
  assert.deepEqual(faults({ city: "x", days: 9 }), ["/days should be <= 7"]);
  assert.deepEqual(faults({ city: "x", unit: "K" }), ['/unit should be one of "C", "F"']);
  assert.deepEqual(faults({ city: "x", at: "soon" }), ["/at should be written as date"]);
  assert.deepEqual(faults({ city: "x", town: 1 }), ["/town is not one of its arguments"]);
  assert.deepEqual(faults({ city: "x", "a/b": { c: "d" } }), ["/a~1b/c should be number"]);
  assert.deepEqual(faults(["x"]), [" should be an object"]);
});

test("compileCheck converts nothing", () => {
  assert.deepEqual(faults({ city: "x", days: "3" }), ["/days should be integer"]);
});

for (const $schema of [
  "http://json-schema.org/draft-07/schema#",
  "https://json-schema.org/draft/2020-12/schema",
  "https://example.com/own-dialect",
])
  test(`compileCheck takes a schema that names ${$schema}`, () => {
    const named = compileCheck({ $schema, $id: "same", type: "object", required: ["a"] });
    assert.equal(named({}).ok, false);
    assert.equal(named({ a: 1 }).ok, true);
  });

test("compileCheck refuses a schema that points elsewhere", () => {
  assert.throws(
    () => compileCheck({ type: "object", properties: { a: { $ref: "https://example.com/x" } } }),
    /can't resolve reference/,
  );
});

test("compileCheck gives up on a pattern that would never end", () => {
  const slow = compileCheck({
    type: "object",
    properties: { a: { type: "string", pattern: "^(a+)+$" } },
  });
  assert.deepEqual(slow({ a: `${"a".repeat(60)}!` }), {
    ok: false,
    errors: [{ path: "", message: "could not be checked in time" }],
  });
});

test("compileCheck takes an inherited property for none", () => {
  const check = compileCheck({
    type: "object",
    properties: { valueOf: { type: "string" }, toString: { type: "string" } },
    required: ["toString"],
  });
  assert.equal(check({}).ok, false);
  assert.equal(check({ toString: "x" }).ok, true);
});
