import { setTimeout as delay } from "node:timers/promises";
import type { Message } from "./announcements.ts";
import { itemOf } from "./envelope.ts";

/** PostgreSQL refuses 8,000 bytes and more; the envelope and commas need a few. */
const MAX_BYTES = 7800;
/** Each NOTIFY wakes every process that listens and takes a lock of the whole database. */
const SPACING_MS = 5;

export type Batch = {
  add(topic: string, message: Message): void;
  /** Sends what is left. */
  end(): Promise<void>;
};

/**
 * Collects messages, as JSON of `[topic, message]`, and hands them to `send` in order, as many as fit
 * into a notification: the first at once, the next when that one was sent and 5 ms have passed.
 * `send` must not reject.
 */
export function openBatch(send: (items: string[]) => Promise<void>): Batch {
  let items: string[] = [];
  let sending: Promise<void> | undefined;
  async function sendAll(): Promise<void> {
    await Promise.resolve(); // what is published in one go goes together
    while (items.length > 0) {
      const count = fitting(items);
      const next = items.slice(0, count);
      items = items.slice(count);
      await Promise.all([send(next), delay(SPACING_MS)]);
    }
    sending = undefined;
  }
  return {
    add(topic, message) {
      items.push(itemOf(topic, message, MAX_BYTES));
      sending ??= sendAll();
    },
    async end() {
      await sending;
    },
  };
}

/** How many of `items` go into one notification; at least one. */
function fitting(items: string[]): number {
  let bytes = 0;
  const end = items.findIndex((item) => {
    bytes += Buffer.byteLength(item) + 1;
    return bytes > MAX_BYTES;
  });
  return end === -1 ? items.length : Math.max(end, 1);
}
