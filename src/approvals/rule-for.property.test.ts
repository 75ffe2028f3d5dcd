import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LANGUAGES, TIERS } from "../events.ts";
import { type PolicyConfig, policySchema } from "../policy-schema.ts";
import { type CompiledPolicy, compilePolicy, policyFaults } from "./compile-policy.ts";
import type { PolicyInput, PolicyRuling } from "./rule.ts";
import { rule, weigh } from "./rule-for.ts";

const sources = ["web", "guest", "file:a", "mcp:weather"];
const conditions = [
  "args.amount > 500",
  "args.amount + 1 <= 10",
  "args.missing == 1",
  'has(args.note) && args.note.startsWith("a")',
  "args.list.exists(one, one > 3)",
  "tainted",
  '!tainted && tier == "ask"',
  '"web" in taint',
  'requester == "slack:T1:U1"',
  "args.flag",
];

const match = fc.record(
  {
    tool: fc.constantFrom("refund", "ref*", "multiply", "files__*", "*"),
    when: fc.constantFrom(...conditions),
    place: fc.constantFrom("slack:T1:C1", "discord:1"),
    requester: fc.constantFrom("slack:T1:U1", "slack:*"),
    tainted: fc.boolean(),
    tier: fc.constantFrom(...TIERS),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const ruleConfig = fc.record(
  {
    match,
    effect: fc.constantFrom("ask", "run", "deny"),
    tier: fc.constantFrom(...TIERS),
    approvers: fc.constantFrom(["requester"], ["members"], ["slack-group:T1:S1"]),
    grants: fc.boolean(),
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** Rules of which no one contradicts itself. */
function toPolicy(rules: object[], taint: object): PolicyConfig {
  const parse = (some: object[]) =>
    policySchema.parse({ rules: some.map((one, at) => ({ name: `rule ${at}`, ...one })), taint });
  const sound = rules.filter((one) => policyFaults({ policies: parse([one]) }).length === 0);
  return parse(sound.length > 0 ? sound : [{ effect: "deny" }]);
}

const taintConfig = fc.record(
  {
    trusted: fc.subarray(["web", "file:*"]),
    raises_to: fc.constantFrom("ask", "guarded", "dashboard"),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const config = fc
  .tuple(fc.array(ruleConfig, { minLength: 1, maxLength: 6 }), taintConfig)
  .map(([rules, taint]) => toPolicy(rules, taint));
const policy = fc.option(config.map(compilePolicy), { nil: undefined, freq: 10 });
/** As JSON comes out of the database: objects that have a prototype. */
const whole = { noNullPrototype: true };
const input: fc.Arbitrary<PolicyInput> = fc.record(
  {
    tool: fc.record(
      {
        name: fc.constantFrom("refund", "multiply", "delete"),
        tier: fc.constantFrom(...TIERS),
        source: fc.constantFrom("own", "mcp:files"),
        destructive: fc.boolean(),
      },
      whole,
    ),
    args: fc.record(
      {
        amount: fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null)),
        note: fc.oneof(fc.string(), fc.constant(7)),
        list: fc.array(fc.oneof(fc.integer(), fc.string())),
        flag: fc.oneof(fc.boolean(), fc.constant("true")),
      },
      { requiredKeys: [], ...whole },
    ),
    requester: fc.constantFrom("slack:T1:U1", "discord:7"),
    place: fc.constantFrom("slack:T1:C1:17.2", "discord:1:2"),
    language: fc.constantFrom(...LANGUAGES),
    taint: fc.subarray(sources),
    at: fc.date({ noInvalidDate: true }),
  },
  whole,
);

const strictness = (ruling: PolicyRuling) => TIERS.indexOf(ruling.tier);

test("rule never lowers a tier, whatever the policy says", () => {
  fc.assert(
    fc.property(policy, input, (policy, input) => {
      assert.ok(strictness(rule(policy, input)) >= TIERS.indexOf(input.tool.tier));
    }),
  );
});

test("taint never lowers the tier that a call is matched as, and never turns asking into running", () => {
  fc.assert(
    fc.property(policy, input, (policy, tainted) => {
      const clean = { ...tainted, taint: [] };
      const [with_, without] = [weigh(policy, tainted), weigh(policy, clean)];
      assert.ok(TIERS.indexOf(with_.tier) >= TIERS.indexOf(without.tier));
      assert.ok(
        with_.ruling.kind !== "run" || without.ruling.kind === "run" || with_.taint.length === 0,
      );
      if (with_.taint.length > 0) assert.notEqual(with_.ruling.kind, "run");
    }),
  );
});

test("rule never runs what is guarded unasked, and grants nothing there", () => {
  fc.assert(
    fc.property(policy, input, (policy, input) => {
      const ruling = rule(policy, input);
      const guarded = strictness(ruling) >= TIERS.indexOf("guarded");
      if (guarded) assert.notEqual(ruling.kind, "run");
      if (guarded && ruling.kind === "ask") assert.equal(ruling.rule.grants, false);
    }),
  );
});

test("rule gives the same ruling for the same input, and changes neither", () => {
  fc.assert(
    fc.property(config, input, (config, input) => {
      const before = structuredClone(input);
      const policy = compilePolicy(config);
      const ruling = rule(policy, input);
      assert.deepEqual(rule(policy, input), ruling);
      assert.deepEqual(
        rule(compilePolicy(structuredClone(config)), structuredClone(input)),
        ruling,
      );
      assert.deepEqual(input, before);
    }),
  );
});

test("rule denies where no rule matches, and where a condition can't be evaluated", () => {
  fc.assert(
    fc.property(config.map(compilePolicy), input, (policy, input) => {
      const { ruling, tried } = weigh(policy, input);
      if (tried.at(-1)?.match.kind !== "matches") assert.equal(ruling.kind, "deny");
    }),
  );
});

test("a rule that is added first changes nothing about calls that it is not about", () => {
  fc.assert(
    fc.property(config, ruleConfig, input, (config, added, input) => {
      const name = "added";
      const more = toPolicy([{ ...added, name }], {}).rules.filter((one) => one.name === name);
      const grown = compilePolicy({ ...config, rules: [...more, ...config.rules] });
      if (!isAbout(grown, input, name))
        assert.deepEqual(rule(grown, input), rule(compilePolicy(config), input));
    }),
  );
});

/** Whether a rule is about a call, as it stands or as its MCP server lifts it, untainted or not. */
function isAbout(policy: CompiledPolicy, input: PolicyInput, name: string): boolean {
  const alone = { ...policy, rules: policy.rules.filter((one) => one.name === name) };
  const lifted = {
    ...input,
    tool: { ...input.tool, tier: "guarded", destructive: false } as const,
  };
  return [input, lifted, { ...lifted, taint: [] }].some((call) =>
    weigh(alone, call).tried.some(({ match }) => match.kind !== "differs"),
  );
}

test("rules after the one that rules change nothing", () => {
  fc.assert(
    fc.property(config, input, fc.array(ruleConfig), (config, input, later) => {
      const { ruling } = weigh(compilePolicy(config), input);
      if (ruling.kind === "deny" && ruling.ruleName === null) return;
      if (input.tool.destructive) return; // a rule for guarded calls may stand later
      const more = toPolicy(later, {}).rules.map((one, at) => ({ ...one, name: `later ${at}` }));
      const grown = compilePolicy({ ...config, rules: [...config.rules, ...more] });
      assert.deepEqual(rule(grown, input), ruling);
    }),
  );
});
