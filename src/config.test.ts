// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files' own placeholders look so
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";

/** The words of the refusal; fails where there is none. */
function refusal(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return assert.fail("it was accepted");
}

test("readConfig has a default for everything that it needs", () => {
  const config = readConfig({});
  assert.equal(config.PORT, 8001);
  assert.equal(config.HOST, "127.0.0.1");
  assert.deepEqual(config.API_KEYS, []);
  assert.deepEqual(config.file.mcp, {});
});

test("readConfig takes an empty variable for one that is not set", () => {
  assert.equal(readConfig({ PORT: "", DATABASE_URL: "", OPENAI_API_KEY: "" }).PORT, 8001);
});

test("readConfig reads API keys as name, scopes and hash", () => {
  const hash = "a".repeat(64);
  const { API_KEYS } = readConfig({ API_KEYS: `ops:runs+approvals:dashboard:${hash}, ` });
  assert.deepEqual(API_KEYS, [{ name: "ops", scopes: ["runs", "approvals:dashboard"], hash }]);
});

for (const [name, value, words] of [
  ["PORT", "eighty", /^PORT holds "eighty": .*expected number/],
  ["PORT", "70000", /^PORT holds "70000": .*<=65535/],
  ["MODEL_TIMEOUT_SECONDS", "0", /^MODEL_TIMEOUT_SECONDS holds "0": .*>0/],
  ["HISTORY_MAX_TOKENS", "many", /^HISTORY_MAX_TOKENS holds "many": /],
  ["LANGUAGE", "fr", /^LANGUAGE holds "fr": .*"en"\|"zh"/],
  ["LOG_LEVEL", "loud", /^LOG_LEVEL holds "loud": .*"debug"/],
  ["PUBLIC_URL", "here", /^PUBLIC_URL holds "here": Invalid URL/],
] as const)
  test(`readConfig says what ${name}=${value} should be`, () => {
    assert.match(refusal({ [name]: value }), words);
  });

for (const [name, value] of [
  ["DATABASE_URL", "mysql://user:sesame@host/db"],
  ["REDIS_URL", "host:sesame"],
  ["API_KEYS", "ops:runs:sesame"],
  ["OPENAI_BASE_URL", "//user:sesame@host"],
] as const)
  test(`readConfig names ${name} when it is wrong, and shows no secret`, () => {
    const words = refusal({ [name]: value });
    assert.match(words, new RegExp(`^${name} holds `));
    assert.doesNotMatch(words, /sesame/);
  });

test("readConfig names every fault at once", () => {
  assert.equal(refusal({ PORT: "x", HEALTH_PORT: "y", MAX_STEPS: "z" }).split("\n").length, 3);
});

test("readConfig reads the file that COUNTERSIGN_CONFIG names, with variables that are empty as not set", () => {
  const folder = mkdtempSync(join(tmpdir(), "config-"));
  const path = join(folder, "file.yaml");
  try {
    writeFileSync(path, "models:\n  fast: ${FAST}\n");
    const env = { COUNTERSIGN_CONFIG: path };
    assert.deepEqual(readConfig({ ...env, FAST: "demo" }).file.models, { fast: "demo" });
    assert.match(
      refusal({ ...env, FAST: "" }),
      /file\.yaml:2: \$\{FAST\} is used, which is not set/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
