import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { compilePolicy, policyFaults } from "#src/approvals/compile-policy.ts";
import type { PolicyInput, PolicyRuling } from "#src/approvals/rule.ts";
import { rule } from "#src/approvals/rule-for.ts";
import { canonical } from "#src/approvals/who.ts";
import { parseConfigFile } from "#src/config-file.ts";
import type { Tier } from "#src/events.ts";

const text = readFileSync(join(import.meta.dirname, "../../docs/approvals.md"), "utf8");
const TIERS: Record<string, Tier> = { multiply: "free", deploy: "guarded" };

/** The examples: a title, a policy, and a table of calls and what becomes of them. */
const examples = [...text.matchAll(/^### (\d\. .*)\n([\s\S]*?)(?=^##)/gm)].map(
  ([, title = "", body = ""]) => ({
    title,
    yaml: /```yaml\n([\s\S]*?)```/.exec(body)?.[1] ?? "",
    calls: [...body.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|/gm)].map(
      ([, call = "", says = ""]) => ({
        call,
        says,
      }),
    ),
  }),
);

/** `refund {"amount": 7} by slack:T1:U1 in slack:T1:C1:1.1 after web at 2026-03-02T12:00:00Z destructive` as an input. */
function inputOf(call: string): PolicyInput {
  const [, name = "", args = "", rest = ""] = /^(\S+) (\{.*\})(.*)$/.exec(call) ?? [];
  const said = (word: string) => new RegExp(`\\b${word} (\\S+)`).exec(rest)?.[1];
  const [server, tool] = name.split("__");
  return {
    tool: {
      name: tool ?? name,
      tier: TIERS[name] ?? "ask",
      source: tool === undefined ? "own" : `mcp:${server}`,
      destructive: /\bdestructive\b/.test(rest),
    },
    args: JSON.parse(args),
    requester: canonical(said("by") ?? "slack:T1:U1"),
    place: said("in") ?? "slack:T1:C1:1.1",
    language: "en",
    taint: said("after")?.split(",") ?? [],
    at: new Date(said("at") ?? "2026-03-02T12:00:00+01:00"),
  };
}

function wordsOf(ruling: PolicyRuling): string {
  switch (ruling.kind) {
    case "run":
      return `run: ${ruling.ruleName}`;
    case "deny":
      return `deny: ${ruling.ruleName ?? "no rule"}`;
    case "ask":
      return `ask as ${ruling.tier}: ${ruling.rule.name}`;
    default: {
      const never: never = ruling;
      return never;
    }
  }
}

test("docs/approvals.md has five examples, each with calls", () => {
  assert.equal(examples.length, 5);
  for (const { title, yaml, calls } of examples) assert.ok(yaml !== "" && calls.length >= 5, title);
});

for (const { title, yaml, calls } of examples)
  describe(`docs/approvals.md, ${title}`, () => {
    const { policies } = parseConfigFile(yaml, "docs/approvals.md", {}, policyFaults);
    assert.ok(policies);
    const policy = compilePolicy(policies);
    for (const { call, says } of calls)
      test(`${call}: ${says}`, () => {
        assert.equal(wordsOf(rule(policy, inputOf(call))), says);
      });
    test("every rule of it is met by a call", () => {
      const met = new Set(calls.map(({ says }) => says.replace(/^[^:]*: /, "")));
      for (const { name } of policies.rules) assert.ok(met.has(name), name);
    });
  });

test("docs/approvals.md tells of the large refund what its policy says", () => {
  const [, second] = examples;
  const { policies } = parseConfigFile(second?.yaml ?? "", "docs/approvals.md", {}, policyFaults);
  const ruling = rule(policies && compilePolicy(policies), inputOf('refund {"amount": 501}'));
  assert.ok(ruling.kind === "ask");
  assert.partialDeepStrictEqual(ruling.rule, {
    quorum: 2,
    excludeRequester: true,
    allowed: ["accept", "respond", "reject"],
    ladder: [
      { afterMs: 600_000, kind: "remind", to: ["@finance"] },
      { afterMs: 1_800_000, kind: "escalate", to: ["@leads"] },
      { afterMs: 7_200_000, kind: "expire", to: [] },
    ],
    quietHours: { from: "22:00", to: "07:00", timeZone: "Europe/Berlin" },
    expiresInMs: 7_200_000,
    askIn: "slack:T1:C0FINANCE",
    grants: false,
  });
});

test("docs/approvals.md names every key of a rule, with its default where there is one", () => {
  const config = parseConfigFile("policies: { rules: [{ name: it }] }", "x", {}).policies?.rules[0];
  assert.ok(config);
  const keys = [...Object.keys(config), "tier", "approvers", "exclude_requester", "reason"];
  for (const key of keys.filter((key) => key !== "match"))
    assert.match(text, new RegExp(`^\\| \`${key}\` \\|`, "m"), key);
});
