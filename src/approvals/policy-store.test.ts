import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "#tests/support/eventually.ts";
import { parseConfigFile } from "../config-file.ts";
import { openLog } from "../log.ts";
import { policyFaults } from "./compile-policy.ts";
import { openPolicyStore } from "./policy-store.ts";

const log = openLog({ level: "silent", name: "test", secrets: [] });
const named = (name: string) => `policies:\n  rules:\n    - name: ${name}\n`;

/** A store that follows a file of ours, and what it told. */
async function follow(text: string) {
  const folder = await mkdtemp(join(tmpdir(), "policy-"));
  const path = join(folder, "countersign.yaml");
  await writeFile(path, text);
  const told: string[] = [];
  const parse = (text: string) => parseConfigFile(text, "file.yaml", {}, policyFaults);
  const store = openPolicyStore({
    path,
    initial: parse(text).policies,
    parse,
    log,
    onFault: (words) => void told.push(words.replace(path, "the file")),
    onReload: () => void told.push("reloaded"),
    everyMs: 10,
  });
  return {
    path,
    told,
    store,
    rule: () => store.current()?.rules[0]?.name,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

test("a policy store follows its file, written in place or renamed to it", async () => {
  await using file = await follow(named("first"));
  assert.equal(file.rule(), "first");
  await writeFile(file.path, named("second"));
  await eventually("the rule is in force", () => file.rule() === "second");
  await writeFile(`${file.path}.new`, named("third"));
  await rename(`${file.path}.new`, file.path);
  await eventually("the rule is in force", () => file.rule() === "third");
  assert.deepEqual(file.told, ["reloaded", "reloaded"]);
  assert.equal(file.store.fault(), undefined);
});

for (const [what, text, words] of [
  ["is empty", "", "file.yaml is empty"],
  ["is no YAML", "policies: [", /^file\.yaml:1: /],
  ["holds no rules", "policies:\n  rules: []\n", /^file\.yaml:2: policies\.rules: /],
  [
    "holds a condition that can't be read",
    `${named("it")}      match: { when: amount > 5 }\n`,
    "file.yaml:4: policies.rules.0.match.when: Unknown variable: amount",
  ],
  [
    "has lost its policies",
    "models: {}\n",
    "the file has no policies any more: restart for the built-in rules",
  ],
] as const)
  test(`a policy store keeps the last good policy where the file ${what}, and says so once`, async () => {
    await using file = await follow(named("good"));
    await writeFile(file.path, text);
    await eventually("it told", () => file.told.length > 0);
    const [told = ""] = file.told;
    if (typeof words === "string") assert.equal(told, words);
    else assert.match(told, words);
    assert.ok(file.store.fault());
    assert.equal(file.rule(), "good");
    await writeFile(file.path, named("better"));
    await eventually("the rule is in force", () => file.rule() === "better");
    assert.equal(file.store.fault(), undefined);
    assert.deepEqual(file.told, [told, "reloaded"]);
  });

test("a policy store keeps the last good policy where the file is removed, until it is there again", async () => {
  await using file = await follow(named("good"));
  await rm(file.path);
  await eventually("the fault is known or gone", () => file.store.fault() !== undefined);
  assert.match(file.told[0] ?? "", /^the file can't be read: ENOENT/);
  assert.equal(file.rule(), "good");
  await writeFile(file.path, named("good"));
  await eventually("the fault is known or gone", () => file.store.fault() === undefined);
  assert.equal(file.told.length, 1);
});

test("a policy store takes policies into force that were added to a file without any", async () => {
  await using file = await follow("models: {}\n");
  assert.equal(file.store.current(), undefined);
  await writeFile(file.path, named("first"));
  await eventually("the rule is in force", () => file.rule() === "first");
});

test("a policy store without a file holds the built-in rules", async () => {
  await using store = openPolicyStore({
    path: undefined,
    initial: undefined,
    parse: () => assert.fail("there is no file"),
    log,
    onFault: assert.fail,
    onReload: assert.fail,
  });
  assert.equal(store.current(), undefined);
  assert.equal(store.fault(), undefined);
});

test("a policy store follows further changes where telling of one fails", async () => {
  const folder = await mkdtemp(join(tmpdir(), "policy-"));
  const path = join(folder, "countersign.yaml");
  await writeFile(path, named("first"));
  const parse = (text: string) => parseConfigFile(text, "file.yaml", {}, policyFaults);
  await using store = openPolicyStore({
    path,
    initial: parse(named("first")).policies,
    parse,
    log,
    onFault: () => Promise.reject(new Error("the database is away")),
    onReload: () => Promise.reject(new Error("the database is away")),
    everyMs: 10,
  });
  await writeFile(path, "");
  await eventually("the store has followed", () => store.fault() !== undefined);
  await writeFile(path, named("second"));
  await eventually("the store has followed", () => store.current()?.rules[0]?.name === "second");
  await rm(folder, { recursive: true });
});
