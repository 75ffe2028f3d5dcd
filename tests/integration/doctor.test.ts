import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Redis } from "ioredis";
import { emptyDatabase, type TestDatabase, testDatabase } from "#tests/support/database.ts";
import { startWeather, weatherOverStdio } from "#tests/support/mcp-process.ts";
import { startOpenAiStandIn } from "#tests/support/openai-stand-in.ts";
import { startProgram } from "#tests/support/process.ts";
import { ownRedis } from "#tests/support/redis.ts";

let database: TestDatabase;
let folder: string;
before(async () => {
  database = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), "countersign-doctor-"));
});
after(async () => {
  rmSync(folder, { recursive: true });
  await database[Symbol.asyncDispose]();
});

/** Nobody listens there. */
const NOWHERE = "127.0.0.1:1";

async function doctor(env: Record<string, string>, ...args: string[]) {
  const given = { DATABASE_URL: database.url, MODEL: "demo", ...env };
  await using program = startProgram("workers/doctor.ts", args, given);
  return { code: await program.ended, output: program.output() };
}

function configFile(content: object): string {
  const file = join(folder, "countersign.yaml");
  writeFileSync(file, JSON.stringify(content));
  return file;
}

test("doctor says of each part whether it works, and exits with 0", async () => {
  const { code, output } = await doctor({});
  assert.equal(code, 0, output);
  assert.match(output, /^ok +Node: v24/m);
  assert.match(output, /^ok +API keys: no keys: only 127\.0\.0\.1 is served/m);
  assert.match(output, /^ok +Database: PostgreSQL \d+/m);
  assert.match(output, /^ok +Database: schema up to date/m);
  assert.match(output, /^off +Redis: .*\n +→ set REDIS_URL/m);
  assert.match(output, /^warning +Model: demo.*\n +→ set OPENAI_API_KEY/m);
  assert.match(output, /^off +MCP:/m);
  assert.match(output, /^ok +Policies: the built-in rules/m);
  assert.match(output, /^off +Slack: .*SLACK_BOT_TOKEN/m);
  assert.match(output, /^off +Discord: .*DISCORD_TOKEN/m);
  assert.match(output, /^0 failed, 1 warning\.$/m);
});

test("doctor says the same in Chinese", async () => {
  const { code, output } = await doctor({ LANGUAGE: "zh" });
  assert.equal(code, 0, output);
  assert.match(output, /^正常 +数据库：PostgreSQL/m);
  assert.match(output, /0 项失败，1 项警告/);
});

test("doctor tells a wrong configuration in the words of the start, and exits with 1", async () => {
  const { code, output } = await doctor({ PORT: "eighty" });
  assert.equal(code, 1);
  assert.match(output, /PORT holds "eighty"/);
});

test("doctor names the database and the Redis that are away, and prints no password", async () => {
  const { code, output } = await doctor({
    DATABASE_URL: `postgres://u:hunter2@${NOWHERE}/x`,
    REDIS_URL: `redis://:hunter2@${NOWHERE}`,
  });
  assert.equal(code, 1);
  assert.match(output, /^failed +Database: can't be reached.*\n +→ check DATABASE_URL/m);
  assert.match(output, /^failed +Redis: 127\.0\.0\.1:1 can't be reached.*\n +→ check REDIS_URL/m);
  assert.doesNotMatch(output, /hunter2/);
});

test("doctor tells a database whose schema is still to be made, and leaves it as it is", async () => {
  await using empty = await emptyDatabase();
  for (let time = 0; time < 2; time++) {
    const { code, output } = await doctor({ DATABASE_URL: empty.url });
    assert.equal(code, 0, output);
    assert.match(output, /^ok +Database: 0 of \d+ migrations applied/m);
  }
});

test("doctor warns of a Redis that may drop what it holds", async () => {
  await using redis = await ownRedis();
  const whole = await doctor({ REDIS_URL: redis.url });
  assert.equal(whole.code, 0, whole.output);
  assert.match(whole.output, /^ok +Redis: Redis \d+\.\d+/m);
  const client = new Redis(redis.url);
  await client.config("SET", "maxmemory-policy", "allkeys-lru");
  client.disconnect();
  const { code, output } = await doctor({ REDIS_URL: redis.url });
  assert.equal(code, 0, output);
  assert.match(
    output,
    /^warning +Redis: its maxmemory-policy is allkeys-lru.*\n +→ set maxmemory/m,
  );
});

test("doctor warns of a scope that there is not", async () => {
  const { output } = await doctor({ API_KEYS: `ops:runs+approve:${"0".repeat(64)}` });
  assert.match(output, /^warning +API keys: ops has the scope approve, which there is not/m);
});

test("doctor fails where others can reach a server without keys", async () => {
  const { code, output } = await doctor({ HOST: "0.0.0.0" });
  assert.equal(code, 1);
  assert.match(output, /^failed +API keys: HOST holds "0\.0\.0\.0"/m);
});

test("doctor names the key that a model lacks", async () => {
  const { code, output } = await doctor({ MODEL: "openai:gpt-5-mini" });
  assert.equal(code, 1);
  assert.match(output, /^failed +Model: .*needs OPENAI_API_KEY/m);
});

test("doctor asks a model only with --ask", async () => {
  await using model = await startOpenAiStandIn(() => ({ text: "OK" }));
  const env = {
    MODEL: "openai:scripted",
    OPENAI_API_KEY: "sk-scripted-key",
    OPENAI_BASE_URL: model.url,
  };
  const silent = await doctor(env);
  assert.match(silent.output, /^ok +Model: openai:scripted at .*, not asked/m);
  assert.equal(model.requests.length, 0);
  const { code, output } = await doctor(env, "--ask");
  assert.equal(code, 0, output);
  assert.match(output, /^ok +Model: openai:scripted answers/m);
  assert.equal(model.requests.length, 1);
  assert.doesNotMatch(output, /sk-scripted-key/);
});

test("doctor tells why a model does not answer", async () => {
  const { code, output } = await doctor(
    { MODEL: "openai:x", OPENAI_API_KEY: "sk-some-key", OPENAI_BASE_URL: `http://${NOWHERE}/v1` },
    "--ask",
  );
  assert.equal(code, 1);
  assert.match(output, /^failed +Model: openai:x can't be reached at http:\/\/127\.0\.0\.1:1/m);
});

test("doctor counts the rules of a policy, and tells what is wrong with one as the start does", async () => {
  const rule = { name: "all", effect: "ask" };
  const good = await doctor({
    COUNTERSIGN_CONFIG: configFile({ policies: { rules: [rule] } }),
  });
  assert.match(good.output, /^ok +Policies: 1 rule in /m);
  const bad = await doctor({
    COUNTERSIGN_CONFIG: configFile({
      policies: { rules: [{ ...rule, match: { when: "amuont > 5" } }] },
    }),
  });
  assert.equal(bad.code, 1);
  assert.match(bad.output, /^failed +Configuration .*amuont/m);
});

test("doctor connects to the MCP servers, and tells why one is down", async () => {
  await using weather = await startWeather("http");
  const here = { transport: "http", allow_private: true };
  const COUNTERSIGN_CONFIG = configFile({
    mcp: {
      weather: { ...here, url: weather.url },
      program: { transport: "stdio", ...weatherOverStdio },
      gone: { ...here, url: `http://${NOWHERE}/mcp` },
    },
  });
  const { code, output } = await doctor({ COUNTERSIGN_CONFIG });
  assert.equal(code, 1);
  assert.match(output, /^ok +MCP: weather: connected, 1 tools/m);
  assert.match(output, /^ok +MCP: program: connected, 1 tools/m);
  assert.match(output, /^failed +MCP: gone: down: .*\n +→ see mcp\.gone/m);
});
