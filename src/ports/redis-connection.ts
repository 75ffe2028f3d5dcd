import { Redis } from "ioredis";
import { within } from "./deadline.ts";

/** Tries again for ever, and is back within a second of the server. */
export const reconnecting = {
  retryStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, 1000),
  connectTimeout: 5000,
  keepAlive: 10_000,
};

/**
 * A connection that reconnects by itself and whose commands, while Redis is away, fail within two
 * seconds instead of queueing up. Rejects when Redis is not there for five seconds at the start.
 */
export async function connectRedis(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    ...reconnecting,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: 2000,
  });
  let failure: unknown;
  redis.on("error", (error) => {
    failure = error;
  });
  const ready = new Promise<void>((resolve) => redis.once("ready", resolve));
  try {
    await within(5000, `Redis at ${URL.parse(url)?.host}`, ready);
    return redis;
  } catch (error) {
    redis.disconnect();
    throw failure ? new Error(`${error}`, { cause: failure }) : error;
  }
}
