import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { policyFaults } from "#src/approvals/compile-policy.ts";
import { decide } from "#src/approvals/decide.ts";
import { openPolicyStore } from "#src/approvals/policy-store.ts";
import { rule } from "#src/approvals/rule-for.ts";
import { readConfig } from "#src/config.ts";
import { parseConfigFile } from "#src/config-file.ts";
import { ConfigError } from "#src/errors.ts";
import { openLog } from "#src/log.ts";
import { eventually } from "#tests/support/eventually.ts";
import { decideDeps, waitingCall } from "#tests/support/waiting-call.ts";
import { assertRefused } from "./refused.ts";
import { directoryOf, openStage, type Stage } from "./stage.ts";

const SMALL = `
policies:
  rules:
    - { name: large, match: { tool: transfer, when: "args.amount > 500" }, effect: deny }
    - { name: small, match: { tool: transfer }, effect: run }
    - { name: payees, match: { tool: anything, when: 'args.to in ["ada", "bob"]' }, effect: run }
`;
let stage: Stage;

before(async () => {
  stage = await openStage({ file: SMALL });
});
after(() => stage[Symbol.asyncDispose]());

async function denied(name: string, args: object | string): Promise<string> {
  const before = stage.ran.length;
  const run = await stage.ask([{ name, args }]);
  await stage.ended(run);
  assert.equal(stage.ran.length, before, JSON.stringify(args));
  const [row] = await stage.sql`
    select detail from audit where run_id = ${run.id} and action = 'call.denied'`;
  assert.ok(row, "it is written down");
  return row.detail.reason;
}

/** A configuration file in a folder of its own. */
async function file(text: string) {
  const folder = await mkdtemp(join(tmpdir(), "attacked-"));
  const path = join(folder, "countersign.yaml");
  await writeFile(path, text);
  return { folder, path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

const BAD: [string, string][] = [
  ["is empty", ""],
  ["is blank", " \n\n"],
  ["holds a comment only", "# policies:\n"],
  ["ends in the middle", SMALL.slice(0, SMALL.indexOf("effect: run") + 4)],
  ["names a policy twice", `${SMALL}\npolicies:\n  rules: []\n`],
  ["has no rule", "policies:\n  rules: []\n"],
  [
    "holds one rule that is right and one that is not",
    `${SMALL}    - { name: x, effect: allow }\n`,
  ],
  ["misspells a key", SMALL.replace("effect: deny", "efect: deny")],
  ["names a group that there is not", `${SMALL}    - { name: x, approvers: ["@ghosts"] }\n`],
  ["lets everybody decide by a star", `${SMALL}    - { name: x, approvers: ["slack:*"] }\n`],
  ["lowers a tier", `${SMALL}    - { name: x, match: { tier: guarded }, tier: free }\n`],
  ["runs what is guarded", `${SMALL}    - { name: x, match: { tier: guarded }, effect: run }\n`],
  ["calls a function", `${SMALL}    - { name: x, match: { when: 'args.x.matches("(a+)+$")' } }\n`],
  [
    "holds a condition of no sense",
    `${SMALL}    - { name: x, match: { when: "process.exit()" } }\n`,
  ],
];

for (const [what, text] of BAD)
  test(`rule 2: a policy file that ${what}: the process does not start`, async () => {
    await using bad = await file(text);
    const env = { COUNTERSIGN_CONFIG: bad.path, DATABASE_URL: "postgres://x/x" };
    assert.throws(() => readConfig(env, policyFaults), ConfigError);
  });

test("rule 2: a policy file that is missing, a folder, or not to be read: the process does not start", async () => {
  await using bad = await file(SMALL);
  const missing = `${bad.path}.gone`;
  for (const path of [missing, bad.folder, "/dev/null"]) {
    const env = { COUNTERSIGN_CONFIG: path, DATABASE_URL: "postgres://x/x" };
    assert.throws(() => readConfig(env, policyFaults), ConfigError, path);
  }
});

test("rule 2: a file that goes bad while the process runs leaves the last good policy in force", async () => {
  await using followed = await file(SMALL);
  const told: string[] = [];
  const parse = (text: string) => parseConfigFile(text, "file.yaml", {}, policyFaults);
  await using store = openPolicyStore({
    path: followed.path,
    initial: parse(SMALL).policies,
    parse,
    log: openLog({ level: "silent", name: "attacked", secrets: [] }),
    onFault: (words) => void told.push(words),
    onReload: () => void told.push("reloaded"),
    everyMs: 5,
  });
  const inForce = store.current();
  const bad = [...BAD.map(([, text]) => text), "tools: {}\n"];
  for (const [at, text] of bad.entries()) {
    await writeFile(followed.path, text);
    await eventually("the fault is told", () => told.length === at + 1);
    assert.equal(store.current(), inForce);
    assert.ok(store.fault());
  }
  await rm(followed.path);
  await eventually("the fault is told", () => told.length === bad.length + 1);
  assert.equal(store.current(), inForce);
  assert.equal(told.includes("reloaded"), false);
  await writeFile(followed.path, SMALL);
  await eventually("the file is right again", () => store.fault() === undefined);
});

for (const [what, args] of [
  ["as a text", '{"to":"eve","amount":"501"}'],
  ["as a list", '{"to":"eve","amount":[501]}'],
  ["as nothing", '{"to":"eve","amount":null}'],
  ["not at all", '{"to":"eve"}'],
  ["under another name", '{"to":"eve","Amount":501}'],
  ["under a look-alike name", '{"to":"eve","аmount":501}'],
  ["as a prototype's", '{"to":"eve","__proto__":{"amount":1}}'],
] as const)
  test(`rule 2: a model that writes the amount ${what} does not get past the rule about amounts`, async () => {
    const before = stage.ran.length;
    const run = await stage.ask([{ name: "transfer", args }]);
    await stage.ended(run);
    assert.equal(stage.ran.length, before);
  });

test("rule 2: a condition that can't be evaluated for a call denies it, and no later rule is asked", async () => {
  for (const args of ["{}", '{"from":"ada"}', '{"__proto__":{"to":"ada"}}'])
    assert.match(await denied("anything", args), /"payees" can't be evaluated/, args);
  const deep = { to: "ada", many: Array.from({ length: 3_000 }, () => 1) };
  assert.match(await denied("anything", deep), /more than 2000 values/);
  for (const to of ["аda", "ada ", "ADA", "ada\u200b", ["ada"], { ada: 1 }, 1])
    assert.match(await denied("anything", { to }), /No rule|can't be evaluated/, String(to));
});

test("rule 2: where no rule is about a call, it is denied: of every tier, our own free tools too", async () => {
  assert.match(await denied("wipe", { to: "x", amount: 1 }), /denied/);
  assert.match(await denied("vault", { to: "x", amount: 1 }), /denied/);
  assert.match(await denied("multiply", { a: 2, b: 3 }), /No rule of the policy/);
  assert.match(await denied("book_hotel", { hotel_name: "x" }), /No rule of the policy/);
});

test("rule 2: approvers who can't be resolved at the click are nobody", async () => {
  const slack = { id: "ses_unresolved", place: "slack:T1:C1:unresolved" };
  const approval = await waitingCall(stage.sql, {
    session: slack,
    requester: "slack:T1:U9",
    rule: {
      approvers: ["@ghosts", "slack-group:T1:S1", "nobody", "", "*", "slack:*", "constructor"],
    },
  });
  const actor = "slack:T1:U1";
  for (const directory of [
    directoryOf("member"),
    directoryOf("member", () => Promise.reject(new Error("rate limited"))),
    directoryOf("member", async () => "yes" as never),
    undefined,
  ])
    await assertRefused(stage, approval, actor, "forbidden", () =>
      decide(
        { ...decideDeps(stage.sql), directoryOf: () => directory },
        { approvalId: approval.id, actor, review: { type: "accept" }, via: "test" },
      ),
    );
});

test("rule 7: the model can't give a call a tier, nor a tool another's name", async () => {
  for (const [name, args] of [
    ["wipe", '{"to":"x","amount":1,"tier":"free"}'],
    ["wipe\u200b", '{"to":"x","amount":1}'],
    ["wірe", '{"to":"x","amount":1}'],
    ["WIPE", '{"to":"x","amount":1}'],
    ["wipe ", '{"to":"x","amount":1}'],
    ["constructor", "{}"],
    ["__proto__", "{}"],
    ["", "{}"],
  ] as const) {
    const before = stage.ran.length;
    const run = await stage.ask([{ name, args }]);
    await stage.ended(run);
    assert.equal(stage.ran.length, before, name);
  }
});

test("rule 7: a rule can't run what is guarded, and taint lets no call through that would be asked", async () => {
  const loose = parseConfigFile(
    "policies:\n  rules:\n    - { name: all, effect: run }\n",
    "file.yaml",
    {},
    policyFaults,
  ).policies;
  await using store = openPolicyStore({
    path: undefined,
    initial: loose,
    parse: () => assert.fail(),
    log: openLog({ level: "silent", name: "attacked", secrets: [] }),
    onFault() {},
    onReload() {},
  });
  const input = {
    args: {},
    requester: "api:local%2Fada",
    place: "api:x",
    language: "en" as const,
    at: new Date(),
  };
  const tool = { name: "t", source: "own", destructive: false };
  for (const tier of ["guarded", "dashboard"] as const)
    for (const taint of [[], ["web"]])
      assert.equal(
        rule(store.current(), { ...input, taint, tool: { ...tool, tier } }).kind,
        "deny",
      );
  for (const tier of ["free", "ask"] as const)
    assert.equal(
      rule(store.current(), { ...input, taint: ["web"], tool: { ...tool, tier } }).kind,
      "ask",
    );
});
