import { appendEvents, type Held } from "#db/queries/append-events.ts";
import { LeaseLostError } from "../errors.ts";
import type { Outbound } from "../events.ts";
import { clean } from "../text.ts";
import { type Core, TOPICS } from "./core.ts";

/** Text is journaled about four times a second, other events almost at once; live text goes out every 40 ms. */
const TEXT_MS = 250;
const EVENT_MS = 15;
const LIVE_MS = 40;

export type Journal = {
  /** Takes an event; it is written soon, in order. Text deltas of one message are joined. */
  emit(event: Outbound): void;
  /** Writes what was taken. Rejects where the lease is lost or the database is away. */
  flush(): Promise<void>;
  /** Stops writing and hands over what is not written, to be written with the run's end. */
  close(): Promise<Outbound[]>;
};

/** Writes a run's journal while a worker holds it. `onLost` is told when another worker has taken over. */
export function openJournal(
  core: Pick<Core, "sql" | "announcements" | "log">,
  run: { runId: string; sessionId: string; held: Held },
  onLost: (error: LeaseLostError) => void,
): Journal {
  const { runId, sessionId, held } = run;
  let waiting: Outbound[] = [];
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;
  let writing: Promise<void> = Promise.resolve();
  let live: { message: string; from: number; text: string } | undefined;
  let liveTimer: NodeJS.Timeout | undefined;
  let closed = false;

  function schedule(ms: number): void {
    const at = performance.now() + ms;
    if (at >= due || closed) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(() => {
      flush().catch((error) => {
        if (error instanceof LeaseLostError) onLost(error);
        else
          core.log.warn(
            { run: runId, error },
            "the journal could not be written; it is tried again",
          );
        schedule(TEXT_MS);
      });
    }, ms);
  }

  function flush(): Promise<void> {
    writing = writing.catch(() => {}).then(writeOnce);
    return writing;
  }

  async function writeOnce(): Promise<void> {
    clearTimeout(timer);
    due = Number.POSITIVE_INFINITY;
    const batch = waiting;
    if (batch.length === 0) return;
    waiting = [];
    try {
      const seq = await appendEvents(core.sql, runId, batch, held);
      core.announcements.publish(TOPICS.journal, { runId, sessionId, seq });
    } catch (error) {
      waiting = [...batch, ...waiting];
      throw error;
    }
  }

  function publishLive(): void {
    liveTimer = undefined;
    if (live) core.announcements.publish(TOPICS.live, { runId, ...live });
    live = undefined;
  }

  function speak(event: Extract<Outbound, { type: "text.delta" }>): void {
    if (live?.message === event.message) live.text += event.text;
    else {
      publishLive();
      live = { message: event.message, from: event.from, text: event.text };
    }
    liveTimer ??= setTimeout(publishLive, LIVE_MS);
  }

  return {
    emit(taken) {
      if (closed) return;
      const event = clean(taken);
      const last = waiting.at(-1);
      if (event.type === "text.delta") {
        speak(event);
        if (last?.type === "text.delta" && last.message === event.message) last.text += event.text;
        else waiting.push({ ...event });
        schedule(TEXT_MS);
      } else {
        waiting.push(event);
        schedule(EVENT_MS);
      }
    },
    flush,
    async close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(liveTimer);
      await writing.catch(() => {});
      const rest = waiting;
      waiting = [];
      return rest;
    },
  };
}
