import type { Query } from "#db/client.ts";
import { endsRun, type JournalEntry, type LiveDelta, type Outbound } from "../events.ts";
import type { Announcements } from "../ports/announcements.ts";
import { type Core, TOPICS } from "./core.ts";

const PAGE = 500;
/** How long a follower that hears nothing waits before it asks PostgreSQL. */
const ASK_MS = 2_000;

/** Rows of a run's journal after sequence number `after`, in order. */
async function readJournal(
  sql: Query,
  runId: string,
  after: number,
  limit = PAGE,
): Promise<JournalEntry[]> {
  const rows = await sql<{ seq: number; at: Date; event: Outbound }[]>`
    select seq, at, event from run_events where run_id = ${runId} and seq > ${after} order by seq limit ${limit}`;
  return rows.map(({ seq, at, event }) => ({ runId, seq, at: at.toISOString(), event }));
}

type Listener = { wake(): void; live(delta: LiveDelta): void };

/** What this process hears of journals, handed on to those who follow a run: one subscription, however many follow. */
export type Feed = { listen(runId: string, listener: Listener): Disposable } & Disposable;

export function openFeed(announcements: Announcements): Feed {
  const listeners = new Map<string, Set<Listener>>();
  const of = (runId: unknown) => listeners.get(String(runId)) ?? new Set<Listener>();
  const journal = announcements.subscribe(TOPICS.journal, ({ runId }) => {
    for (const listener of of(runId)) listener.wake();
  });
  const live = announcements.subscribe(TOPICS.live, (message) => {
    if (message.truncated !== true)
      for (const listener of of(message.runId)) listener.live(message as LiveDelta);
  });
  const gap = announcements.onGap(() => {
    for (const set of listeners.values()) for (const listener of set) listener.wake();
  });
  return {
    listen(runId, listener) {
      const set = of(runId);
      set.add(listener);
      listeners.set(runId, set);
      return {
        [Symbol.dispose]() {
          set.delete(listener);
          if (set.size === 0) listeners.delete(runId);
        },
      };
    },
    [Symbol.dispose]() {
      for (const subscription of [journal, live, gap]) subscription[Symbol.dispose]();
    },
  };
}

/**
 * A run's journal from after sequence number `after`, then what comes, with live text in between, until nothing can
 * follow (the run has ended, or is no more) or until `signal` aborts. Live text may repeat what a row has held or be missing: rows are the truth.
 */
export async function* followRun(
  core: Pick<Core, "sql">,
  feed: Feed,
  runId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<JournalEntry | LiveDelta> {
  let seen = after;
  let news = Promise.withResolvers<void>();
  const deltas: LiveDelta[] = [];
  let awake = false;
  let over = false;
  using _listening = feed.listen(runId, {
    wake() {
      awake = true;
      news.resolve();
    },
    live(delta) {
      deltas.push(delta);
      news.resolve();
    },
  });
  const onAbort = () => news.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  awake = true;
  while (!signal.aborted) {
    if (awake) {
      awake = false;
      const rows = await readJournal(core.sql, runId, seen);
      for (const row of rows) {
        seen = row.seq;
        yield row;
        if (endsRun(row.event)) return;
      }
      awake ||= rows.length === PAGE;
      if (rows.length === 0) {
        if (over) return;
        over = await isOver(core.sql, runId);
        awake ||= over; // its last rows may have come in between
      }
    }
    yield* deltas.splice(0);
    if (awake || signal.aborted) continue;
    const timer = setTimeout(() => {
      awake = true;
      news.resolve();
    }, ASK_MS);
    await news.promise;
    clearTimeout(timer);
    news = Promise.withResolvers<void>();
  }
}

async function isOver(sql: Query, runId: string): Promise<boolean> {
  const open = await sql`select 1 from runs where id = ${runId} and finished_at is null`;
  return open.length === 0;
}
