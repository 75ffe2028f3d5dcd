import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { covers } from "./grants.ts";

const args = fc.dictionary(fc.string(), fc.jsonValue());

test("covers: a grant with every argument fixed covers the same call, whatever the order of its keys", () => {
  fc.assert(
    fc.property(args, (given) => {
      const reversed = Object.fromEntries(Object.entries(given).reverse());
      assert.ok(covers(given, JSON.parse(JSON.stringify(reversed))));
    }),
  );
});

test("covers: one fixed argument that differs, or is not there, is enough for a no", () => {
  fc.assert(
    fc.property(args, fc.string(), fc.jsonValue(), fc.jsonValue(), (given, name, value, other) => {
      fc.pre(
        JSON.stringify(value) !== JSON.stringify(other) &&
          !Object.is(value, other) &&
          value !== other,
      );
      fc.pre(typeof value !== "object" && typeof other !== "object");
      const call = Object.fromEntries([...Object.entries(given), [name, other]]);
      assert.ok(!covers({ [name]: value }, call));
      const without = Object.fromEntries(Object.entries(given).filter(([key]) => key !== name));
      assert.ok(!covers({ [name]: value }, without));
    }),
  );
});

test("covers: what is not fixed is free, so fixing less never covers less", () => {
  fc.assert(
    fc.property(args, args, fc.array(fc.string()), (constraint, call, dropped) => {
      const looser = Object.fromEntries(
        Object.entries(constraint).filter(([key]) => !dropped.includes(key)),
      );
      if (covers(constraint, call)) assert.ok(covers(looser, call));
    }),
  );
});
