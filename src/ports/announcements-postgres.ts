import { randomUUID } from "node:crypto";
import type { Announcements } from "./announcements.ts";
import { openBatch } from "./announcements-batch.ts";
import { within } from "./deadline.ts";
import { seal, unseal } from "./envelope.ts";
import { openPostgresLine } from "./postgres-line.ts";
import { openSubscribers } from "./subscribers.ts";

const CHANNEL = "countersign_announcements";

/**
 * LISTEN and NOTIFY on one channel and one connection. A notification holds what was published while
 * the one before was on its way.
 */
export async function openPostgresAnnouncements(url: string): Promise<Announcements> {
  const from = randomUUID();
  const local = openSubscribers();
  let lost = false;
  const line = await openPostgresLine(url, CHANNEL, {
    onText(text) {
      local.receive(unseal(text, from));
    },
    onReconnected() {
      local.gap();
      void send([]);
    },
  });
  async function send(items: string[]): Promise<void> {
    try {
      if (lost) await line.send(seal(from, []));
      lost = false;
      if (items.length > 0) await line.send(seal(from, items));
    } catch {
      lost = true;
    }
  }
  const batch = openBatch(send);

  return {
    publish(topic, message) {
      local.publish(topic, message);
      batch.add(topic, message);
    },
    subscribe(topic, listener) {
      return { ready: line.listening(), ...local.subscribe(topic, listener) };
    },
    onGap: local.onGap,
    ping: () => within(2000, "PostgreSQL", line.ping()),
    async [Symbol.asyncDispose]() {
      await batch.end();
      await line[Symbol.asyncDispose]();
    },
  };
}
