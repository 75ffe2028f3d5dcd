import { setTimeout as delay } from "node:timers/promises";
import type { Sql } from "#db/client.ts";
import { placesOfRuns, placesToServe } from "#db/queries/destinations.ts";
import type { Adapter } from "../adapter.ts";
import { addressParts, type Place } from "../events.ts";
import type { Log } from "../log.ts";
import type { Announcements } from "../ports/announcements.ts";
import { TOPICS } from "./core.ts";
import { deliverPlace } from "./deliver.ts";
import { retryDelay } from "./retry-delay.ts";

export type DeliveryLoopOptions = {
  sql: Sql;
  /** By platform, the first part of a place. What is for other platforms waits until they are there. */
  adapters: ReadonlyMap<string, Adapter>;
  announcements: Announcements;
  log: Log;
  /** Names this worker among all. */
  holder: string;
  /** How often the database is asked for what no announcement told of, in ms. */
  pollMs?: number;
  /** How many places are served at a time. Each costs a lease, not a connection. */
  parallel?: number;
  retryDelay?: (failures: number) => number;
  /** The longest that a platform is waited for, in ms: 30,000. */
  askMs?: number;
  lease?: { ttlMs: number; renewMs: number };
};

export type DeliveryLoop = AsyncDisposable & {
  /** Takes nothing new and resolves once the parts under way are settled. The same as disposing. */
  drain(): Promise<void>;
};

/** More than this, and a timer of Node fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Delivers journals to places until drained. A place is served as soon as one of its runs is announced under
 * `journal`, or within `pollMs`. Places are served side by side, each by one worker at a time, so that one that is
 * slow or rate-limited keeps no other waiting. Any number of processes may run this on the same database.
 */
export function startDeliveryLoop(options: DeliveryLoopOptions): DeliveryLoop {
  const { sql, adapters, announcements, log, holder, pollMs = 1000, parallel = 64 } = options;
  const platforms = [...adapters.keys()];
  const stopping = new AbortController();
  /** In the order in which they were asked for. One that is being served stays here to be served once more. */
  const asked = new Set<Place>();
  const serving = new Map<Place, Promise<void>>();
  const paused = new Map<Place, NodeJS.Timeout>();
  const announcedRuns = new Set<string>();
  let reading: Promise<void> | undefined;

  function serve(place: Place): void {
    asked.add(place);
    serveAsked();
  }

  function serveAsked(): void {
    for (const place of asked) {
      if (stopping.signal.aborted || serving.size >= parallel) return;
      if (serving.has(place)) continue;
      asked.delete(place);
      const served = servePlace(place).finally(() => {
        serving.delete(place);
        serveAsked();
      });
      serving.set(place, served);
    }
  }

  /** Never rejects. */
  async function servePlace(place: Place): Promise<void> {
    clearTimeout(paused.get(place));
    paused.delete(place);
    try {
      const [platform = ""] = addressParts(place);
      const adapter = adapters.get(platform);
      if (adapter === undefined) return;
      const deps = { retryDelay, askMs: 30_000, ...options, adapter };
      const waitMs = await deliverPlace(deps, place, stopping.signal);
      if (waitMs !== undefined && !stopping.signal.aborted)
        paused.set(place, setTimeout(serve, Math.min(waitMs, LONGEST_TIMER_MS), place));
    } catch (error) {
      log.error({ place, holder, error }, "serving a place was broken off; it is taken up again");
    }
  }

  /** Announcements come faster than they can be looked up: those of the meantime are looked up together. */
  async function readAnnounced(): Promise<void> {
    try {
      while (announcedRuns.size > 0 && !stopping.signal.aborted) {
        const runIds = [...announcedRuns];
        announcedRuns.clear();
        for (const place of await placesOfRuns(sql, runIds, platforms)) serve(place);
      }
    } catch (error) {
      log.warn({ holder, error }, "cannot look up what was announced; polling will find it");
    } finally {
      reading = undefined;
    }
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        for (const place of await placesToServe(sql, platforms)) serve(place);
      } catch (error) {
        log.warn({ holder, error }, "cannot look for what waits to be delivered; asked again soon");
      }
      await delay(pollMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  const subscription = announcements.subscribe(TOPICS.journal, ({ runId }) => {
    if (typeof runId !== "string") return;
    announcedRuns.add(runId);
    reading ??= readAnnounced();
  });
  const polling = poll();

  async function drain(): Promise<void> {
    stopping.abort();
    subscription[Symbol.dispose]();
    for (const timer of paused.values()) clearTimeout(timer);
    await Promise.all([polling, reading, ...serving.values()]);
  }
  return { drain, [Symbol.asyncDispose]: drain };
}
