import assert from "node:assert/strict";
import { test } from "node:test";
import { policySchema } from "../policy-schema.ts";
import { compilePolicy } from "./compile-policy.ts";
import { explain } from "./explain.ts";
import type { PolicyInput } from "./rule.ts";

const policy = compilePolicy(
  policySchema.parse({
    rules: [
      { name: "tool", match: { tool: ["pay", "wire*"] }, effect: "deny" },
      { name: "place", match: { place: "slack:T1:C9" }, effect: "deny" },
      { name: "requester", match: { requester: "slack:T1:U9" }, effect: "deny" },
      { name: "tier", match: { tier: "guarded" }, effect: "deny" },
      { name: "taint", match: { tainted: false }, effect: "deny" },
      { name: "condition", match: { when: "args.amount > 500" }, effect: "deny" },
      { name: "match" },
      { name: "later", effect: "deny" },
    ],
    taint: { trusted: ["mcp:weather"] },
  }),
);
const input: PolicyInput = {
  tool: { name: "refund", tier: "free", source: "own", destructive: false },
  args: { amount: 5 },
  requester: "slack:T1:U1",
  place: "slack:T1:C1:17.2",
  language: "en",
  taint: ["mcp:weather", "web"],
  at: new Date("2026-03-02T12:00:00Z"),
};

test("explain says of each rule why it does not match, or that it does", () => {
  const { rules, tier, taint, ruling } = explain(policy, input);
  assert.deepEqual(
    rules.map(({ name, matched, why }) => `${name}${matched ? "!" : ""}: ${why}`),
    [
      "tool: the tool is refund, not pay or wire*",
      "place: the place is slack:T1:C1:17.2, not slack:T1:C9",
      "requester: the requester is slack:T1:U1, not slack:T1:U9",
      "tier: the tier is ask, not guarded",
      "taint: for calls that are not tainted; this one is",
      "condition: its condition does not hold: args.amount > 500",
      "match!: the first rule that matches: it rules",
      "later: not looked at: an earlier rule ruled",
    ],
  );
  assert.deepEqual([tier, taint, ruling.kind], ["ask", ["web"], "ask"]);
});

test("explain says which condition can't be evaluated, and that the call is denied for it", () => {
  const { rules, ruling } = explain(policy, { ...input, args: {} });
  assert.deepEqual(rules[5], {
    name: "condition",
    matched: false,
    why: "its condition can't be evaluated: No such key: amount",
  });
  assert.equal(ruling.kind, "deny");
});

test("explain says it in Chinese", () => {
  const { rules } = explain(policy, { ...input, language: "zh" });
  assert.deepEqual(
    rules.map(({ why }) => why),
    [
      "工具是 refund，而不是 pay 或 wire*",
      "位置是 slack:T1:C1:17.2，而不是 slack:T1:C9",
      "发起人是 slack:T1:U1，而不是 slack:T1:U9",
      "级别是 ask，而不是 guarded",
      "只适用于未受污染的调用，而此调用已受污染",
      "条件不成立：args.amount > 500",
      "第一条匹配的规则，由它裁定",
      "未检查：前面的规则已裁定",
    ],
  );
});

test("explain without a policy shows the built-in rules", () => {
  const guarded = { ...input, tool: { ...input.tool, tier: "guarded" as const } };
  const { rules, ruling } = explain(undefined, guarded);
  assert.deepEqual(rules, [
    { name: "built-in: free", matched: false, why: "the tier is guarded, not free" },
    { name: "built-in: ask", matched: false, why: "the tier is guarded, not ask" },
  ]);
  assert.deepEqual(ruling, {
    kind: "deny",
    tier: "guarded",
    ruleName: null,
    reason: 'Tools of tier "guarded" are denied until a policy names who approves them.',
  });
});
