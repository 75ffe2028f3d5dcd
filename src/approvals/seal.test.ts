import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seal, toolVersion, unseal } from "./seal.ts";

const object = fc.dictionary(fc.string(), fc.jsonValue());

test("seal: key order, spaces and number forms make no difference", () => {
  const a = seal("refund", "v1", JSON.parse('{"to":"x","amount":10.0}'));
  const b = seal("refund", "v1", JSON.parse('{ "amount": 1e1, "to": "x" }'));
  assert.deepEqual(a, b);
});

test("seal: another tool, version, value or look-alike letter makes another digest", () => {
  const digests = [
    seal("refund", "v1", { to: "paypal" }),
    seal("refunds", "v1", { to: "paypal" }),
    seal("refund", "v2", { to: "paypal" }),
    seal("refund", "v1", { to: "pаypal" }), // Cyrillic а
    seal("refund", "v1", { to: "paypal " }),
    seal("refund", "v1", { to: "paypal\u200b" }),
    seal("refund", "v1", { tо: "paypal" }),
  ].map((sealed) => sealed.digest);
  assert.equal(new Set(digests).size, digests.length);
});

test("unseal: refuses text or digest that was changed", () => {
  const sealed = seal("refund", "v1", { amount: 10 });
  assert.throws(
    () => unseal("refund", "v1", { ...sealed, text: '{"amount":9999}' }),
    /do not match/,
  );
  assert.throws(() => unseal("refund", "v2", sealed), /do not match/);
});

test("seal: the same object sealed twice is the same, and comes back equal (property)", () => {
  fc.assert(
    fc.property(object, (args) => {
      const sealed = seal("t", "v", args);
      const back = unseal("t", "v", sealed);
      assert.deepEqual(seal("t", "v", back), sealed);
      assert.deepEqual(back, JSON.parse(JSON.stringify(args)));
    }),
  );
});

test("seal: the order of an object's keys never matters (property)", () => {
  fc.assert(
    fc.property(object, (args) => {
      const reversed = Object.fromEntries(Object.entries(args).reverse());
      assert.equal(seal("t", "v", reversed).digest, seal("t", "v", args).digest);
    }),
  );
});

test("toolVersion: changes with the description, not with the order of the schema's keys", () => {
  const parameters = { type: "object", required: ["a"] };
  const tool = { name: "t", description: "d", parameters, source: "own" };
  assert.equal(
    toolVersion(tool),
    toolVersion({ ...tool, parameters: { required: ["a"], type: "object" } }),
  );
  assert.notEqual(toolVersion(tool), toolVersion({ ...tool, description: "e" }));
  assert.notEqual(toolVersion(tool), toolVersion({ ...tool, source: "mcp:other" }));
});
