import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "ioredis";
import { ownRedis, type TestRedis, testRedis } from "./redis.ts";
import { claimRedisDatabase } from "./redis-given.ts";

async function assertApart(one: TestRedis, other: TestRedis): Promise<void> {
  const [first, second] = [new Redis(one.url), new Redis(other.url)];
  try {
    await first.set("key", "value");
    await second.set("other key", "value");
    assert.equal(await first.get("key"), "value");
    assert.equal(await second.get("key"), null);
    await one.flushAll();
    assert.equal(await first.get("key"), null);
    assert.equal(await second.get("other key"), "value");
  } finally {
    first.disconnect();
    second.disconnect();
  }
}

test("testRedis() gives each caller a Redis of its own", async () => {
  await using one = await testRedis();
  await using other = await testRedis();
  await assertApart(one, other);
});

test("a given Redis is shared by database numbers, which are free again after use", async () => {
  await using given = await ownRedis();
  for (let round = 1; round <= 10; round++) {
    await using one = await claimRedisDatabase(given.url);
    await using other = await claimRedisDatabase(given.url);
    await assertApart(one, other);
  }
});

test("a given Redis is not ours to kill", async () => {
  await using given = await ownRedis();
  await using redis = await claimRedisDatabase(given.url);
  await assert.rejects(redis.kill(), /Cannot kill the Redis of TEST_REDIS_URL/);
  await assert.rejects(redis.restart(), /Cannot restart the Redis of TEST_REDIS_URL/);
});

test("a given Redis that does not answer is an error that names the variable", async () => {
  const gone = await ownRedis();
  await gone[Symbol.asyncDispose]();
  await assert.rejects(claimRedisDatabase(gone.url), /Redis of TEST_REDIS_URL: .*ECONNREFUSED/);
});

test("ownRedis() comes back empty at the same address after kill() and restart()", async () => {
  await using redis = await ownRedis();
  const before = new Redis(redis.url, { retryStrategy: () => null });
  before.on("error", () => {});
  const gone = new Promise((resolve) => before.once("end", resolve));
  await before.set("key", "value");
  await redis.kill();
  await gone;
  await redis.restart();
  const after = new Redis(redis.url);
  assert.equal(await after.get("key"), null);
  after.disconnect();
});
