import { createHash } from "node:crypto";
import type { Sql } from "postgres";
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterStoreAbstract,
} from "rate-limiter-flexible";
import { clean } from "../text.ts";
import { connectRedis } from "./redis-connection.ts";

/** So many `points` per key in a window of `perSeconds`, counted over all processes. */
export type RateLimitOptions = {
  points: number;
  perSeconds: number;
  /** Limits of different names are counted apart. */
  name?: string;
};

export interface RateLimit extends AsyncDisposable {
  /**
   * Takes a point of `key`. `retryAfterMs` is 0 where allowed, else when the window ends. Never
   * rejects: while the back end is away, this process counts for itself.
   */
  take(key: string): Promise<{ allowed: boolean; retryAfterMs: number }>;
}

export type RateLimitBackend = { redisUrl: string } | { sql: Sql<{ bigint: number }> };

/**
 * Redis, or the table `rate_limits`, which is made where it is missing; `memory` counts in this process alone, for
 * where there is but one caller. `sql` stays the caller's to close.
 */
export async function openRateLimit(
  backend: RateLimitBackend | "memory",
  options: RateLimitOptions,
): Promise<RateLimit> {
  const common = {
    keyPrefix: options.name ?? "requests",
    points: options.points,
    duration: options.perSeconds,
    inMemoryBlockOnConsumed: options.points, // who is refused until the window ends costs no more queries
  };
  if (backend === "memory")
    return { take: takeFrom(new RateLimiterMemory(common)), async [Symbol.asyncDispose]() {} };
  const shared = { ...common, insuranceLimiter: new RateLimiterMemory(common) };
  if ("sql" in backend) {
    const limiter = await openPostgresLimiter(backend.sql, shared);
    return { take: takeFrom(limiter), async [Symbol.asyncDispose]() {} };
  }
  const redis = await connectRedis(backend.redisUrl);
  const limiter = new RateLimiterRedis({ ...shared, storeClient: redis });
  return {
    take: takeFrom(limiter),
    async [Symbol.asyncDispose]() {
      redis.disconnect();
    },
  };
}

function takeFrom(limiter: Pick<RateLimiterStoreAbstract, "consume">): RateLimit["take"] {
  return async (key) => {
    try {
      await limiter.consume(columnOf(key));
      return { allowed: true, retryAfterMs: 0 };
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes)
        return { allowed: false, retryAfterMs: refusal.msBeforeNext };
      throw refusal;
    }
  };
}

/** The library's table holds 255 characters, prefix included. */
function columnOf(key: string): string {
  return key.length <= 150 ? clean(key) : createHash("sha256").update(key).digest("base64url");
}

type Limits = { keyPrefix: string; points: number; duration: number };

async function openPostgresLimiter(
  sql: Sql<{ bigint: number }>,
  limits: Limits & { insuranceLimiter: RateLimiterMemory },
): Promise<RateLimiterPostgres> {
  await makeTable(sql);
  const storeClient = {
    async query({ text, values = [] }: { text: string; values?: (string | number)[] }) {
      return { rows: await sql.unsafe(text, values, { prepare: true }) };
    },
  };
  return new RateLimiterPostgres({
    ...limits,
    storeClient,
    storeType: "client",
    tableName: "rate_limits",
    tableCreated: true,
  });
}

/**
 * The table as the library would make it, but for two things: processes that start at the same time do
 * it one after the other, and it is not logged, since a crash may well forget who asked how often.
 */
async function makeTable(sql: Sql<{ bigint: number }>): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction`select pg_advisory_xact_lock(hashtext('rate_limits'))`;
    await transaction`
      create unlogged table if not exists rate_limits (
        key varchar(255) primary key, points integer not null default 0, expire bigint)`;
  });
}
