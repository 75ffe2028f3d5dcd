import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ownRedis } from "#tests/support/redis.ts";
import { until } from "#tests/support/until.ts";
import { expectAllDone, submitMany } from "./expect-all-done.ts";
import { type Fleet, startFleet } from "./fleet.ts";

const RUNS = 50;
const SESSIONS = 10;

/** Two workers and a janitor on a Redis of their own that may be lost. */
async function startOnRedis() {
  await using opening = new AsyncDisposableStack();
  const redis = opening.use(await ownRedis());
  const fleet = opening.use(
    await startFleet({ idempotent: true, redisUrl: redis.url, takesMs: () => 200 }),
  );
  await Promise.all([fleet.start("janitor"), fleet.start("agent"), fleet.start("agent")]);
  const stack = opening.move();
  return { redis, fleet, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function ended(fleet: Fleet, count: number): Promise<void> {
  await until(`${count} runs have ended`, async () => {
    await sleep(20);
    const done = await fleet.core.sql`select from runs where finished_at is not null`;
    return done.count >= count;
  });
}

test("FLUSHALL, three times in the middle of 50 runs, loses none", async () => {
  await using service = await startOnRedis();
  const { redis, fleet } = service;
  await submitMany(fleet, RUNS, SESSIONS);
  for (const count of [5, 15, 30]) {
    await ended(fleet, count);
    await redis.flushAll();
  }
  await expectAllDone(fleet, RUNS);
});

test("Redis killed in the middle of 50 runs and started again, empty, loses none", async () => {
  await using service = await startOnRedis();
  const { redis, fleet } = service;
  await submitMany(fleet, RUNS, SESSIONS);
  await ended(fleet, 10);
  await redis.kill();
  await sleep(1_000);
  await redis.restart();
  await expectAllDone(fleet, RUNS);
});

test("What is submitted while Redis is away is done when it is back", async () => {
  await using service = await startOnRedis();
  const { redis, fleet } = service;
  await fleet.submit("session-0", "errand before");
  await ended(fleet, 1);
  await redis.kill();
  await Promise.all(["errand one", "errand two"].map((text, n) => fleet.submit(`s-${n}`, text)));
  await redis.restart();
  await expectAllDone(fleet, 3);
});
