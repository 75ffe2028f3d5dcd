import { setTimeout as delay } from "node:timers/promises";
import type { Sql } from "#db/client.ts";
import { acquireLease, releaseLease, renewLease } from "#db/queries/leases.ts";
import { LeaseLostError } from "../errors.ts";

export type Held = {
  /** What every write under this lease names. */
  fence: number;
  /** Aborts with a LeaseLostError when the lease is lost, or could not be renewed before it ran out. */
  signal: AbortSignal;
  /** The lease was released together with what was written last: disposing has nothing to release. */
  released(): void;
} & AsyncDisposable;

/**
 * Takes the lease `name` and renews it until disposed of, which releases it; undefined where another holds it.
 * `signal` aborts no later than the server lets the lease go: its time counts, on this process's monotonic clock,
 * from before the renewal was sent. Rejects when the database cannot be asked for it.
 */
export async function holdLease(
  sql: Sql,
  name: string,
  holder: string,
  { ttlMs = 3000, renewMs = 1000 }: { ttlMs?: number; renewMs?: number } = {},
): Promise<Held | undefined> {
  const acquiring = performance.now();
  const fence = await acquireLease(sql, name, holder, ttlMs);
  if (fence === undefined) return undefined;
  return keepLease(sql, { name, holder, fence, since: acquiring }, { ttlMs, renewMs });
}

/**
 * Keeps a lease that was just taken; `since` is `performance.now()` from before it was asked for.
 * Otherwise as `holdLease`.
 */
export function keepLease(
  sql: Sql,
  {
    name,
    holder,
    fence,
    since: taken,
  }: { name: string; holder: string; fence: number; since: number },
  { ttlMs = 3000, renewMs = 1000 }: { ttlMs?: number; renewMs?: number } = {},
): Held {
  const lost = new AbortController();
  let expiry = setExpiry(taken);
  let renewal = setTimeout(renew, renewMs);
  let renewing: Promise<void> = Promise.resolve();
  let disposed = false;
  let isReleased = false;

  function setExpiry(since: number): NodeJS.Timeout {
    const left = since + ttlMs - performance.now();
    return setTimeout(() => lose("it was not renewed in time"), Math.max(left, 0));
  }

  function lose(why: string): void {
    stopTimers();
    lost.abort(new LeaseLostError(`Lost lease "${name}", fence ${fence}: ${why}`));
  }

  function stopTimers(): void {
    clearTimeout(renewal);
    clearTimeout(expiry);
  }

  function renew(): void {
    renewing = renewOnce();
  }

  async function renewOnce(): Promise<void> {
    const asked = performance.now();
    let renewed: boolean | undefined;
    try {
      renewed = await renewLease(sql, name, holder, fence, ttlMs);
    } catch {
      // The server is away: it is asked again until the lease has run out.
    }
    if (disposed || isReleased || lost.signal.aborted) return;
    if (renewed === false) return lose("another may hold it");
    if (renewed) {
      clearTimeout(expiry);
      expiry = setExpiry(asked);
    }
    renewal = setTimeout(renew, Math.max(asked + renewMs - performance.now(), 0));
  }

  async function letGo(): Promise<void> {
    await renewing;
    await releaseLease(sql, name, fence).catch(() => {});
  }

  return {
    fence,
    signal: lost.signal,
    released() {
      isReleased = true;
      stopTimers();
    },
    async [Symbol.asyncDispose]() {
      if (disposed) return;
      disposed = true;
      stopTimers();
      // Where the server does not answer, the lease runs out by itself.
      if (!lost.signal.aborted && !isReleased)
        await Promise.race([letGo(), delay(ttlMs, undefined, { ref: false })]);
    },
  };
}
