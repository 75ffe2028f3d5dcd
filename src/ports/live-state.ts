import type { Sql } from "postgres";

/**
 * Short-lived shared state with an expiry by the server's clock. Nothing whose loss loses anything.
 * Values are what JSON can hold; `touchIf` and `deleteIf` compare them as JSON text. Lifetimes are in
 * milliseconds, at least one. Where the back end is away, every method rejects within a few seconds.
 */
export interface LiveState extends AsyncDisposable {
  get<T>(key: string): Promise<T | undefined>;
  set(key: string, value: unknown, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /** Sets only where no live value is. True: this caller claimed the key. */
  add(key: string, value: unknown, ttlMs: number): Promise<boolean>;
  /** Gives `value` a new lifetime, only while it is the live one. */
  touchIf(key: string, value: unknown, ttlMs: number): Promise<boolean>;
  /** Deletes `value`, only while it is the live one. */
  deleteIf(key: string, value: unknown): Promise<boolean>;
  /** Rejects when the back end does not answer within two seconds. */
  ping(): Promise<void>;
}

export type LiveStateBackend = { redisUrl: string } | { sql: Sql<{ bigint: number }> };

/** Redis, or the table `state`. `sql` stays the caller's to close. Rejects when Redis is not there. */
export async function openLiveState(backend: LiveStateBackend): Promise<LiveState> {
  if ("redisUrl" in backend) {
    const { openRedisState } = await import("./live-state-redis.ts");
    return openRedisState(backend.redisUrl);
  }
  const { openPostgresState } = await import("./live-state-postgres.ts");
  return openPostgresState(backend.sql);
}
