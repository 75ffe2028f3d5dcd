import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { parseConfigFile } from "../config-file.ts";
import { ConfigError } from "../errors.ts";
import { policySchema } from "../policy-schema.ts";
import { compilePolicy, policyFaults } from "./compile-policy.ts";

/** What is wrong with a file, as the start prints it. */
function refusal(policies: string): string {
  try {
    parseConfigFile(
      `policies:\n${policies.replaceAll(/^/gm, "  ")}`,
      "file.yaml",
      {},
      policyFaults,
    );
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return assert.fail("it was accepted");
}

function rules(...lines: string[]): string {
  return ["rules:", "  - name: it", ...lines.map((line) => `    ${line}`)].join("\n");
}

describe("a policy is refused, and the fault named by line and path", () => {
  for (const [what, text, words] of [
    [
      "with no rules",
      "rules: []",
      "file.yaml:2: policies.rules: Too small: expected array to have >=1 items",
    ],
    [
      "without rules",
      "groups: {}",
      "file.yaml:1: policies.rules: Invalid input: expected array, received undefined",
    ],
    [
      "with an unknown key",
      rules("aprovers: [requester]"),
      'file.yaml:4: policies.rules.0: Unrecognized key: "aprovers"',
    ],
    [
      "with an unknown variable in a condition",
      rules("match:", "  when: amount > 500"),
      "file.yaml:5: policies.rules.0.match.when: Unknown variable: amount",
    ],
    [
      "with a condition that can't be parsed",
      rules("match:", "  when: args.amount >"),
      "file.yaml:5: policies.rules.0.match.when: Unexpected token: EOF",
    ],
    [
      "with a regular expression",
      rules("match: { when: 'args.to.matches(\"a\")' }"),
      /^file\.yaml:4: policies\.rules\.0\.match\.when: uses matches\(\), which conditions can't: has, /,
    ],
    [
      "with a duration without a unit",
      rules("expires_after: 10"),
      "file.yaml:4: policies.rules.0.expires_after: Invalid input: expected string, received number",
    ],
    [
      "with a rung that is none",
      rules("ladder:", "  - after: 10m"),
      "file.yaml:5: policies.rules.0.ladder.0: should be after: 10m with remind: [who], escalate: [who] or expire: true",
    ],
    [
      "that names a group that there is not",
      rules("approvers:", "  - requester", "  - '@finance'"),
      "file.yaml:6: policies.rules.0.approvers.1: there is no group @finance",
    ],
    [
      "that names approvers by a pattern",
      rules("approvers: ['api:ops/*']"),
      'file.yaml:4: policies.rules.0.approvers.0: "api:ops/*" is nobody; name each, or a group',
    ],
    [
      "that asks for more people than it names",
      rules("approvers: [discord:1, discord:2, discord:1]", "quorum: 3"),
      "file.yaml:5: policies.rules.0.quorum: needs 3 people and names 2",
    ],
    [
      "whose only approver is excluded",
      rules("exclude_requester: true"),
      "file.yaml:3: policies.rules.0.quorum: needs 1 people and names 0",
    ],
    [
      "that runs guarded calls",
      rules("match: { tier: guarded }", "effect: run"),
      "file.yaml:4: policies.rules.0.match.tier: guarded calls never run unasked",
    ],
    [
      "that runs calls and lifts them",
      rules("tier: dashboard", "effect: run"),
      "file.yaml:4: policies.rules.0.tier: a rule that runs calls can't raise their tier",
    ],
    [
      "that lowers a tier",
      rules("match: { tier: dashboard }", "tier: ask", "approvers: [members]"),
      "file.yaml:5: policies.rules.0.tier: can't lower dashboard to ask",
    ],
    [
      "that asks nobody about guarded calls",
      rules("tier: guarded"),
      "file.yaml:3: policies.rules.0: names no approvers; guarded calls need some",
    ],
    [
      "that wants to know at once who is in a platform's group",
      rules("match: { requester: 'slack-group:T1:S1' }"),
      "file.yaml:4: policies.rules.0.match.requester: should be actors (slack:T1:U1, api:ops/*) or a group of actors",
    ],
    [
      "that reminds when it is over",
      rules("ladder:", "  - { after: 2h, expire: true }", "  - { after: 3h, remind: [requester] }"),
      "file.yaml:6: policies.rules.0.ladder.1.after: comes when the request has expired",
    ],
    [
      "that expires at once",
      rules("expires_after: 0s"),
      "file.yaml:4: policies.rules.0.expires_after: should be between 1s and 365d",
    ],
    [
      "that asks nowhere",
      rules("ask_in: finance"),
      "file.yaml:4: policies.rules.0.ask_in: should be place, approvers or a place: slack:T1:C1",
    ],
    [
      "with a place that is none",
      rules("match:", "  place:", "    - slack:T1", "    - general"),
      "file.yaml:7: policies.rules.0.match.place.1: should be a place: slack:T1:C1",
    ],
    [
      "with two rules of one name",
      `${rules()}\n  - name: it`,
      'file.yaml:4: policies.rules.1.name: "it" is the name of an earlier rule',
    ],
    [
      "whose taint lets calls run",
      `${rules()}\ntaint: { raises_to: free }`,
      'file.yaml:4: policies.taint.raises_to: Invalid option: expected one of "ask"|"guarded"|"dashboard"',
    ],
    [
      "with a time zone that there is not",
      `${rules()}\nquiet_hours:\n  from: "22:00"\n  to: "07:00"\n  time_zone: Europe/Bonn`,
      "file.yaml:7: policies.quiet_hours.time_zone: should be a time zone: Europe/Berlin",
    ],
    [
      "whose groups hold each other",
      `${rules()}\ngroups:\n  a: ["@b"]\n  b: ["@a", "@c"]`,
      "file.yaml:6: policies.groups.b.0: @a holds itself\nfile.yaml:5: policies.groups.a.0: @b holds itself\nfile.yaml:6: policies.groups.b.1: there is no group @c",
    ],
  ] as const)
    test(what, () => {
      if (typeof words === "string") assert.equal(refusal(text), words);
      else assert.match(refusal(text), words);
    });
});

test("parseConfigFile without policies means the built-in rules", () => {
  assert.equal(parseConfigFile("models: {}", "file.yaml", {}, policyFaults).policies, undefined);
});

test("parseConfigFile refuses a key that holds nothing, as it would quietly mean the built-in rules", () => {
  assert.throws(
    () => parseConfigFile("policies:\nmodels: {}", "file.yaml", {}, policyFaults),
    /file\.yaml:1: policies: Invalid input: expected object, received null/,
  );
});

test("compilePolicy refuses what its file's check refuses", () => {
  const config = policySchema.parse({ rules: [{ name: "it", approvers: ["@nobody"], quorum: 2 }] });
  assert.throws(
    () => compilePolicy(config),
    (error) =>
      error instanceof ConfigError &&
      /^policies\.rules\.0\.approvers\.0: there is no group @nobody$/m.test(error.message),
  );
});

test("compilePolicy writes names as addresses, and resolves groups within groups", () => {
  const policy = compilePolicy(
    policySchema.parse({
      groups: {
        ops: ["api:ops/alice", "@night", "api:ops/alice"],
        night: ["slack:T1:U1", "members"],
        people: ["api:dev/mara"],
      },
      rules: [
        {
          name: "it",
          match: { requester: ["api:ops/*", "@people"], place: "api:mara:a b" },
          approvers: ["@ops", "api:ops/bob", "scope:approvals"],
          ask_in: "slack:T1:C1",
        },
      ],
    }),
  );
  assert.partialDeepStrictEqual(policy.rules[0], {
    match: { requester: ["api:ops%2F*", "api:dev%2Fmara"], place: ["api:mara:a%20b"] },
    approvers: ["@ops", "api:ops%2Fbob", "scope:approvals"],
    groups: { ops: ["api:ops%2Falice", "slack:T1:U1", "members"] },
    askIn: "slack:T1:C1",
  });
});

test("compilePolicy puts the ladder in order, and expires at the earlier of two times", () => {
  const { rules } = compilePolicy(
    policySchema.parse({
      rules: [
        {
          name: "it",
          ladder: [
            { after: "2h", expire: true },
            { after: "90s", remind: ["members"] },
          ],
          expires_after: "1d",
        },
      ],
    }),
  );
  assert.deepEqual(
    rules[0]?.ladder.map(({ kind, afterMs }) => [kind, afterMs]),
    [
      ["remind", 90_000],
      ["expire", 7_200_000],
    ],
  );
  assert.equal(rules[0]?.expiresInMs, 7_200_000);
});

test("compilePolicy takes the sample configuration", () => {
  const path = `${import.meta.dirname}/../../countersign.example.yaml`;
  const env = { RELAY_API_KEY: "a", AMAP_KEY: "b", TICKETS_TOKEN: "c" };
  const { policies } = parseConfigFile(readFileSync(path, "utf8"), path, env, policyFaults);
  assert.ok(policies && compilePolicy(policies).rules.length > 0);
});
