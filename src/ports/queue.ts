/** A job is a hint that rows in PostgreSQL want work: losing one loses nothing (the janitor adds it again). */
export type Job = {
  /** Ours: no `:` in it, and not a number. */
  id: string;
  data: Record<string, unknown>;
  delayMs?: number;
};

export type WorkOptions = {
  /** How many jobs this process works on at a time. */
  concurrency: number;
  /** Told what a handler threw, and what goes wrong between the worker and its back end. */
  onError(error: unknown): void;
};

/** Jobs that processes hand to each other. At-least-once: a handler must bear to see a job twice. */
export interface Queue extends AsyncDisposable {
  readonly name: string;
  /**
   * An id that is still queued, delayed or active is not added twice; a finished one may be added
   * again. Rejects within a few seconds when the back end is away.
   */
  add(job: Job): Promise<void>;
  addAll(jobs: Job[]): Promise<void>;
  /**
   * Starts working. The handler's signal aborts at the deadline of drain(). What a handler throws goes
   * to `onError`, and the job is done: the queue never tries again.
   */
  work(
    handler: (job: Job, signal: AbortSignal) => Promise<void>,
    options: WorkOptions,
  ): Promise<Working>;
  counts(): Promise<{ waiting: number; active: number; delayed: number }>;
  /** Rejects when the back end does not answer within two seconds. */
  ping(): Promise<void>;
}

/** Disposing drains without patience: the handlers' signals abort at once. */
export interface Working extends AsyncDisposable {
  /**
   * Takes no new jobs and waits for those running: `timeoutMs`, then their signals abort, and a second
   * for them to end. A job that runs on is left behind and goes to another worker within two minutes.
   */
  drain(timeoutMs: number): Promise<void>;
}

export type QueueBackend = { redisUrl: string } | { databaseUrl: string };

/**
 * BullMQ on Redis, or on PostgreSQL in the schema `bullmq`, which is made where it is missing.
 * Rejects when the back end is not there.
 */
export async function openQueue(name: string, backend: QueueBackend): Promise<Queue> {
  if ("redisUrl" in backend) {
    const { openRedisQueue } = await import("./queue-redis.ts");
    return openRedisQueue(name, backend.redisUrl);
  }
  const { openPostgresQueue } = await import("./queue-postgres.ts");
  return openPostgresQueue(name, backend.databaseUrl);
}
