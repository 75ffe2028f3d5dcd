import { Redis } from "ioredis";
import type { TestRedis } from "./redis.ts";

const claimSeconds = 3600;

/**
 * A database number of a Redis that was given, claimed by a key in database 0 so that test files
 * that run at the same time do not share one. Killing and restarting it is not ours to do.
 */
export async function claimRedisDatabase(given: string): Promise<TestRedis> {
  const claims = new Redis(given, { retryStrategy: () => null, db: 0 });
  let failure: unknown;
  claims.on("error", (error) => {
    failure = error;
  });
  const database = await claim(claims).catch((cause) => {
    if (claims.status === "ready") claims.disconnect(); // after a failure it would wait 2 s for nothing
    throw new Error(`Cannot use the Redis of TEST_REDIS_URL: ${failure ?? cause}`, { cause });
  });
  const url = new URL(given);
  url.pathname = `/${database}`;
  const own = new Redis(url.href, { maxRetriesPerRequest: 1 });
  const flushAll = async () => {
    await own.flushdb();
  };
  await flushAll();
  const refuse = (act: string) => async () => {
    throw new Error(`Cannot ${act} the Redis of TEST_REDIS_URL: unset it to test this`);
  };
  return {
    url: url.href,
    flushAll,
    kill: refuse("kill"),
    restart: refuse("restart"),
    async [Symbol.asyncDispose]() {
      await flushAll();
      await claims.del(keyOf(database));
      own.disconnect();
      claims.disconnect();
    },
  };
}

const keyOf = (database: number) => `countersign-test:database:${database}`;

async function claim(redis: Redis): Promise<number> {
  const [, databases = "16"] = (await redis.config("GET", "databases")) as string[];
  for (let database = 1; database < Number(databases); database++) {
    if (await redis.set(keyOf(database), process.pid, "EX", claimSeconds, "NX")) return database;
  }
  throw new Error(`all its ${databases} databases are in use by other tests`);
}
