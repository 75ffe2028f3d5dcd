import assert from "node:assert/strict";
import { test } from "node:test";
import { ConditionError, compileCondition, conditionFault, type Facts } from "./condition.ts";

const facts: Facts = {
  args: {
    amount: 600,
    share: 1.5,
    to: "mara@example.org",
    lines: [{ amount: 10 }, { amount: 700 }],
    ids: [1, 2, 3],
    nothing: null,
  },
  tool: "refund",
  tier: "ask",
  requester: "slack:T1:U1",
  place: "slack:T1:C1:17.2",
  tainted: true,
  taint: ["web", "mcp:weather"],
  at: new Date("2026-03-02T17:30:00Z"),
};

for (const text of [
  "args.amount > 500",
  "500 < args.amount",
  "args.amount == 600",
  "args.amount == 600.0",
  "args.share > 1",
  "args.amount + 1 == 601",
  "1 + args.amount == 601",
  "601 == 1 + args.amount",
  "args.amount * 2 > 1199.5",
  "args.amount / 100 == 6",
  "args.amount in [500, 600]",
  "size(args.ids) == 3",
  "args.ids == [1, 2, 3]",
  "args.lines.exists(line, line.amount > 500)",
  "args.lines.filter(line, line.amount > 500).size() == 1",
  'args.to.endsWith("@example.org")',
  'args.to.lowerAscii().startsWith("mara")',
  "has(args.amount) && !has(args.reason)",
  'args["amount"] > 500',
  'tool == "refund" && tier == "ask"',
  'requester == "slack:T1:U1" && place.startsWith("slack:T1:C1:")',
  'tainted && "web" in taint',
  'taint.exists(source, source.startsWith("mcp:"))',
  'at.getHours("Europe/Berlin") >= 18',
  'at > timestamp("2026-01-01T00:00:00Z")',
])
  test(`a condition holds: ${text}`, () => {
    assert.equal(compileCondition(text).holds(facts), true);
  });

for (const [text, words] of [
  ["amount > 500", /Unknown variable: amount/],
  ["args.amount >", /Unexpected token/],
  ["tool + 1 == 2", /no such overload: string \+ int/],
  ["args.amount + 1 > 500 ? 1 : 2", /gives a value of type int/],
  ['"yes"', /gives a value of type string/],
  ['args.to.matches("(a+)+$")', /uses matches\(\)/],
  ["args.to.matches(args.pattern)", /uses matches\(\)/],
  ['double("NaN") > 500', /uses double\(\)/],
  ["args.ids.map(id, id * 2) == [2]", /uses map\(\)/],
  ["cel.bind(x, args.amount, x > 500)", /uses bind\(\)/],
  ["args.ids.all(a, args.ids.all(b, a != b))", /uses all\(\) within another walk of a list/],
  ["args.amount / args.count > 5", /divides by what is no literal/],
  [`${"(".repeat(30)}true${")".repeat(30)}`, /maxDepth/],
  [Array(300).fill("tainted").join(" || "), /maxAstNodes|maxDepth/],
  ["process.exit()", /Unknown variable: process/],
  ["args.constructor.constructor('x')()", /Unexpected|EOF/],
] as const)
  test(`a condition is refused: ${text.slice(0, 60)}`, () => {
    assert.throws(
      () => compileCondition(text),
      (error) => error instanceof ConditionError && words.test(error.message),
    );
  });

for (const [text, words] of [
  ["args.missing > 5", "No such key: missing"],
  ["args.nothing > 5", "no such overload: dyn<null> > int"],
  ["args.to > 5", "no such overload: dyn<string> > int"],
  ["args.amount", "it gives neither true nor false"],
  ["args.constructor == null", "No such key: constructor"],
  ["args.ids[7] == 1", "No such key: index out of bounds, index 7 >= size 3"],
] as const)
  test(`a condition that can't be evaluated says so: ${text}`, () => {
    const condition = compileCondition(text);
    assert.throws(
      () => condition.holds(facts),
      (error) => conditionFault(error) === words,
    );
  });

test("a condition is not evaluated over more values than can be walked at once", () => {
  const args = { ids: Array.from({ length: 2_001 }, (_, at) => at) };
  assert.throws(
    () => compileCondition("args.ids.exists(id, id in args.ids)").holds({ ...facts, args }),
    /hold more than 2000 values/,
  );
});
