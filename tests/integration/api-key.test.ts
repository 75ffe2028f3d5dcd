import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { readConfig } from "#src/config.ts";
import { startProgram } from "#tests/support/process.ts";

async function apiKey(...args: string[]): Promise<{ code: unknown; output: string }> {
  await using program = startProgram("workers/api-key.ts", args);
  return { code: await program.ended, output: program.output() };
}

function partsOf(output: string) {
  const [key = ""] = /csk_[\w-]+/.exec(output) ?? [];
  const [, entry = ""] = /API_KEYS=(\S+)/.exec(output) ?? [];
  return { key, entry };
}

test("api-key makes an entry that the configuration takes, with the hash of the key beside it", async () => {
  const { code, output } = await apiKey("--name", "ops", "--scopes", "runs,approvals:dashboard");
  assert.equal(code, 0);
  const { key, entry } = partsOf(output);
  const hash = createHash("sha256").update(key).digest("hex");
  assert.deepEqual(readConfig({ API_KEYS: entry }).API_KEYS, [
    { name: "ops", scopes: ["runs", "approvals:dashboard"], hash },
  ]);
});

test("api-key makes another key each time, by default one that may run and approve", async () => {
  const [one, two] = await Promise.all([apiKey(), apiKey()]);
  assert.notEqual(partsOf(one.output).key, partsOf(two.output).key);
  assert.match(partsOf(one.output).entry, /^default:runs\+approvals:/);
});

for (const [args, words] of [
  [["--scopes", "rums"], /--scopes holds "rums": should be some of runs, approvals/],
  [["--scopes", ","], /--scopes holds ","/],
  [["--name", "a:b"], /--name holds "a:b": should be letters/],
  [["--name", "local"], /--name holds "local"/],
  [["--nmae", "x"], /--nmae/],
] as [string[], RegExp][]) {
  test(`api-key refuses ${args.join(" ")}, and makes no key`, async () => {
    const { code, output } = await apiKey(...args);
    assert.equal(code, 2);
    assert.match(output, words);
    assert.doesNotMatch(output, /csk_/);
  });
}
