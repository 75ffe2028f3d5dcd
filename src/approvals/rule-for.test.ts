import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { policySchema } from "../policy-schema.ts";
import { compilePolicy } from "./compile-policy.ts";
import type { PolicyInput } from "./rule.ts";
import { rule } from "./rule-for.ts";

const MINUTE = 60_000;

/** A compiled policy of rules as they stand in a file. */
function policyOf(rules: unknown[], more: Record<string, unknown> = {}) {
  return compilePolicy(policySchema.parse({ rules, ...more }));
}

function call(
  more: Omit<Partial<PolicyInput>, "tool"> & { tool?: Partial<PolicyInput["tool"]> } = {},
) {
  const { tool, ...rest } = more;
  return {
    tool: { name: "refund", tier: "ask", source: "own", destructive: false, ...tool },
    args: { amount: 600 },
    requester: "slack:T1:U1",
    place: "slack:T1:C1:17.2",
    language: "en",
    taint: [],
    at: new Date("2026-03-02T12:00:00Z"),
    ...rest,
  } satisfies PolicyInput;
}

const refunds = policyOf(
  [
    {
      name: "large refunds",
      match: { tool: "refund", when: "args.amount > 500" },
      approvers: ["@finance"],
      quorum: 2,
      exclude_requester: true,
      ladder: [
        { after: "10m", remind: ["@finance"] },
        { after: "30m", escalate: ["@leads"] },
        { after: "2h", expire: true },
      ],
    },
    { name: "refunds", match: { tool: "refund" } },
  ],
  { groups: { finance: ["slack-group:T1:S1"], leads: ["slack:T1:U7", "slack:T1:U8"] } },
);

describe("a large refund needs two of finance, none of them the requester", () => {
  test("rule asks as the file says, with the groups as they were", () => {
    assert.deepEqual(rule(refunds, call()), {
      kind: "ask",
      tier: "ask",
      reason: "Needs 2 of @finance. The person who asked for it may not decide.",
      rule: {
        name: "large refunds",
        approvers: ["@finance"],
        groups: { finance: ["slack-group:T1:S1"], leads: ["slack:T1:U7", "slack:T1:U8"] },
        quorum: 2,
        excludeRequester: true,
        allowed: ["accept", "edit", "respond", "reject"],
        oneRejectionEnds: true,
        ladder: [
          { afterMs: 10 * MINUTE, kind: "remind", to: ["@finance"] },
          { afterMs: 30 * MINUTE, kind: "escalate", to: ["@leads"] },
          { afterMs: 120 * MINUTE, kind: "expire", to: [] },
        ],
        expiresInMs: 120 * MINUTE,
        askIn: "place",
        grants: true,
      },
    });
  });

  test("rule lets the requester decide of a small one", () => {
    const ruling = rule(refunds, call({ args: { amount: 500 } }));
    assert.ok(ruling.kind === "ask");
    assert.equal(ruling.rule.name, "refunds");
    assert.deepEqual(ruling.rule.approvers, ["requester"]);
    assert.equal(ruling.rule.excludeRequester, false);
  });

  test("rule says it in Chinese", () => {
    const ruling = rule(refunds, call({ language: "zh" }));
    assert.ok(ruling.kind === "ask");
    assert.equal(ruling.reason, "需要@finance中的 2 人同意。发起请求的人不能参与决定。");
  });

  test("rule denies a refund without an amount, instead of trying the next rule", () => {
    assert.deepEqual(rule(refunds, call({ args: {} })), {
      kind: "deny",
      tier: "ask",
      ruleName: "large refunds",
      reason:
        'The condition of the rule "large refunds" can\'t be evaluated for this call (No such key: amount), so it is denied.',
    });
  });

  test("rule denies what no rule is about, free tools among it", () => {
    for (const tier of ["free", "ask"] as const)
      assert.deepEqual(rule(refunds, call({ tool: { name: "multiply", tier } })), {
        kind: "deny",
        tier,
        ruleName: null,
        reason: "No rule of the policy is about this call, so it is denied.",
      });
  });
});

describe("without a policy the built-in rules hold", () => {
  test("rule runs what is free", () => {
    assert.deepEqual(rule(undefined, call({ tool: { tier: "free" } })), {
      kind: "run",
      tier: "free",
      ruleName: "built-in: free",
    });
  });

  test("rule lets the requester decide of what asks, within a day, in all four ways", () => {
    const ruling = rule(undefined, call());
    assert.partialDeepStrictEqual(ruling, {
      kind: "ask",
      reason: "This tool asks before it acts; the person who asked for it decides.",
      rule: { approvers: ["requester"], quorum: 1, expiresInMs: 86_400_000, grants: true },
    });
  });

  for (const tier of ["guarded", "dashboard"] as const)
    test(`rule denies tier ${tier}`, () => {
      assert.deepEqual(rule(undefined, call({ tool: { tier }, language: "zh" })), {
        kind: "deny",
        tier,
        ruleName: null,
        reason: `在策略指定审批人之前，“${tier}”级别的工具一律拒绝执行。`,
      });
    });

  test("rule says on the card what an MCP server says of a destructive tool", () => {
    const ruling = rule(undefined, call({ tool: { source: "mcp:files", destructive: true } }));
    assert.ok(ruling.kind === "ask");
    assert.equal(ruling.tier, "ask");
    assert.match(ruling.reason, /Its MCP server says that it destroys or overwrites\.$/);
  });

  test("rule lets a free call of a tainted conversation run where no policy says otherwise", () => {
    const ruling = rule(undefined, call({ tool: { tier: "free" }, taint: ["web", "guest"] }));
    assert.equal(ruling.kind, "run");
  });

  test("rule runs what is free also where the conversation is tainted: only a policy acts on taint", () => {
    const ruling = rule(undefined, call({ tool: { tier: "free" }, taint: ["web", "guest"] }));
    assert.equal(ruling.kind, "run");
  });
});

describe("tiers only rise", () => {
  const guarded = { name: "guarded", match: { tier: "guarded" }, approvers: ["@ops"] };
  const rest = { name: "the rest", match: { tier: "ask" } };
  const groups = { ops: ["discord-role:G1:R1"] };
  const deletion = { name: "delete", source: "mcp:files", destructive: true };

  test("rule treats a destructive MCP tool as guarded where a rule for guarded is about it", () => {
    const ruling = rule(policyOf([guarded, rest], { groups }), call({ tool: deletion }));
    assert.ok(ruling.kind === "ask");
    assert.equal(ruling.tier, "guarded");
    assert.equal(ruling.rule.name, "guarded");
    assert.equal(ruling.rule.grants, false);
    assert.equal(ruling.rule.excludeRequester, true);
  });

  test("rule leaves it as it is where the rule for guarded is about other tools", () => {
    const others = { ...guarded, match: { tier: "guarded", tool: "refund" } };
    const all = { name: "all", match: {}, effect: "deny" };
    const ruling = rule(policyOf([others, rest, all], { groups }), call({ tool: deletion }));
    assert.ok(ruling.kind === "ask");
    assert.equal(ruling.tier, "ask");
    assert.match(ruling.reason, /destroys or overwrites/);
  });

  test("rule asks for a destructive MCP tool that a rule would run", () => {
    const policy = policyOf([{ name: "files", match: { tool: "files__*" }, effect: "run" }]);
    assert.equal(rule(policy, call({ tool: deletion })).kind, "ask");
    assert.equal(rule(policy, call({ tool: { ...deletion, destructive: false } })).kind, "run");
    assert.equal(rule(policy, call({ tool: { ...deletion, tier: "free" } })).kind, "run");
  });

  test("rule lifts the tier as a rule says, and grants nothing then", () => {
    const policy = policyOf([{ name: "all", tier: "guarded", approvers: ["@ops"] }], { groups });
    const ruling = rule(policy, call({ tool: { tier: "free" } }));
    assert.ok(ruling.kind === "ask");
    assert.equal(ruling.tier, "guarded");
    assert.equal(ruling.rule.grants, false);
  });

  test("rule asks at least as tier ask, also for a tool that is free", () => {
    const ruling = rule(policyOf([{ name: "all" }]), call({ tool: { tier: "free" } }));
    assert.ok(ruling.kind === "ask");
    assert.equal(ruling.tier, "ask");
  });

  test("rule denies a guarded call where its rule names no approvers, or would run it", () => {
    for (const effect of ["ask", "run"]) {
      const ruling = rule(policyOf([{ name: "all", effect }]), call({ tool: { tier: "guarded" } }));
      assert.equal(ruling.kind, "deny", effect);
    }
  });

  test("rule lets the requester decide of a guarded call where the policy says so by name", () => {
    const policy = policyOf([{ name: "all", approvers: ["requester"] }]);
    const ruling = rule(policy, call({ tool: { tier: "guarded" } }));
    assert.ok(ruling.kind === "ask");
    assert.equal(ruling.rule.excludeRequester, false);
  });
});

describe("taint", () => {
  const rules = [
    { name: "free", match: { tier: "free" }, effect: "run" },
    { name: "refunds", match: { tool: "refund" }, effect: "run" },
    { name: "lifted", match: { tier: "guarded" }, approvers: ["discord:5"] },
  ];

  test("rule does not let a tainted call run by a rule that runs it untainted", () => {
    const tainted = rule(policyOf(rules), call({ taint: ["web"] }));
    assert.ok(tainted.kind === "ask");
    assert.match(tainted.reason, /although the rule "refunds" lets it run/);
    assert.equal(rule(policyOf(rules), call()).kind, "run");
  });

  test("rule asks for a free call of a tainted conversation, and says why", () => {
    const ruling = rule(
      policyOf([...rules, { name: "rest", match: { tier: "ask" } }]),
      call({ tool: { name: "multiply", tier: "free" }, taint: ["web", "guest"] }),
    );
    assert.ok(ruling.kind === "ask");
    assert.equal(ruling.tier, "ask");
    assert.match(ruling.reason, /Treated as "ask" instead of "free".*what web, guest brought in/);
  });

  test("rule lets no taint take a destructive call out of reach of the rule for guarded", () => {
    const untainted = { ...rules[2], match: { tier: "guarded", tainted: false } };
    const policy = policyOf([untainted, { name: "rest", match: { tier: "ask" } }]);
    const tool = { source: "mcp:files", destructive: true };
    assert.equal(rule(policy, call({ tool })).tier, "guarded");
    assert.equal(rule(policy, call({ tool, taint: ["web"] })).kind, "deny");
  });

  test("rule lifts a tainted call before it looks for rules", () => {
    const policy = policyOf(rules, { taint: { raises_to: "guarded" } });
    const ruling = rule(policy, call({ tool: { name: "multiply", tier: "free" }, taint: ["web"] }));
    assert.ok(ruling.kind === "ask");
    assert.equal(ruling.rule.name, "lifted");
  });

  test("rule does not count the sources that the policy trusts", () => {
    const policy = policyOf(rules, { taint: { trusted: ["mcp:weather", "file:*"] } });
    assert.equal(rule(policy, call({ taint: ["mcp:weather", "file:a"] })).kind, "run");
    assert.equal(rule(policy, call({ taint: ["mcp:weather2"] })).kind, "ask");
  });
});

describe("what a rule is about", () => {
  const named = (match: unknown, input: PolicyInput, more = {}) =>
    rule(policyOf([{ name: "it", match, effect: "run" }], more), input).kind === "run";

  test("a tool by its name, one of several, or what it begins with", () => {
    assert.ok(named({ tool: "refund" }, call()));
    assert.ok(named({ tool: ["pay", "ref*"] }, call()));
    assert.ok(!named({ tool: "refun" }, call()));
  });

  test("an MCP tool by its server's name, so that none can take the name of another", () => {
    const mcp = call({ tool: { source: "mcp:shop" } });
    assert.ok(!named({ tool: "refund" }, mcp));
    assert.ok(named({ tool: "shop__refund" }, mcp));
    const long = call({ tool: { name: "shop__refund", source: "mcp:shop" } });
    assert.ok(named({ tool: "shop__*" }, long));
    assert.ok(
      !named({ tool: "shop__*" }, call({ tool: { name: "shop__refund", source: "mcp:evil" } })),
    );
  });

  test("a place with the threads in it", () => {
    assert.ok(named({ place: "slack:T1:C1" }, call()));
    assert.ok(named({ place: ["slack:T1:C2", "slack:T1:C1:17.2"] }, call()));
    assert.ok(named({ place: "slack:*" }, call()));
    assert.ok(!named({ place: "slack:T1:C" }, call()));
    assert.ok(named({ place: "api:mara:s 1" }, call({ place: "api:mara:s%201" })));
  });

  test("who asks, by actor or by a group of actors", () => {
    assert.ok(named({ requester: "slack:T1:U1" }, call()));
    assert.ok(
      named({ requester: "@us" }, call(), { groups: { us: ["slack:T1:U0", "slack:T1:U1"] } }),
    );
    assert.ok(!named({ requester: "@us" }, call(), { groups: { us: ["slack:T1:U0"] } }));
    assert.ok(named({ requester: "api:ops/*" }, call({ requester: "api:ops%2Fmara" })));
  });

  test("its tier, and whether the conversation is tainted", () => {
    assert.ok(named({ tier: "ask", tainted: false }, call()));
    assert.ok(!named({ tier: "free" }, call()));
    assert.ok(!named({ tainted: true }, call()));
  });

  test("the first rule that matches, in the order of the file", () => {
    const policy = policyOf([
      { name: "one", match: { tool: "pay" }, effect: "deny" },
      { name: "two", effect: "deny", reason: "Not on Mondays." },
      { name: "three", effect: "run" },
    ]);
    const ruling = rule(policy, call());
    assert.deepEqual(ruling, {
      kind: "deny",
      tier: "ask",
      ruleName: "two",
      reason: "Not on Mondays.",
    });
  });
});
