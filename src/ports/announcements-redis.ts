import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import type { Announcements } from "./announcements.ts";
import { within } from "./deadline.ts";
import { itemOf, seal, unseal } from "./envelope.ts";
import { connectRedis, reconnecting } from "./redis-connection.ts";
import { openSubscribers } from "./subscribers.ts";

/** PUBLISH and SUBSCRIBE, a channel per topic, and one on which publishers say that they lost something. */
export async function openRedisAnnouncements(url: string): Promise<Announcements> {
  const from = randomUUID();
  const publisher = await connectRedis(url);
  const subscriber = new Redis(url, {
    ...reconnecting,
    maxRetriesPerRequest: null,
    autoResubscribe: false, // done below, so that a gap is told after it
  });
  subscriber.on("error", () => {}); // reported by ping(), and by the gap when it is back

  // Channels know nothing of database numbers, so their names do.
  const prefix = `announcements:${publisher.options.db ?? 0}:`;
  const gaps = `gaps:${prefix}`;
  const channelOf = (topic: string) => `${prefix}${topic}`;
  const following = new Map<string, Promise<unknown>>();
  const local = openSubscribers({
    onUnused(topic) {
      following.delete(topic);
      void subscriber.unsubscribe(channelOf(topic)).catch(() => {});
    },
  });

  let lost = false;
  function put(channel: string, items: string[]): void {
    publisher.publish(channel, seal(from, items)).catch(() => {
      lost = true;
    });
  }
  function tellIfLost(): void {
    if (lost) put(gaps, []);
    lost = false;
  }
  publisher.on("ready", tellIfLost);
  subscriber.on("message", (_, text) => local.receive(unseal(text, from)));
  const close = () => {
    publisher.disconnect();
    subscriber.disconnect();
  };
  try {
    await within(5000, "Redis", subscriber.subscribe(gaps));
  } catch (error) {
    close();
    throw error;
  }
  subscriber.on("ready", () => {
    void subscriber
      .subscribe(gaps, ...local.topics().map(channelOf))
      .then(() => local.gap())
      .catch(() => {}); // lost again: the next one will do
  });

  return {
    publish(topic, message) {
      local.publish(topic, message);
      tellIfLost();
      put(channelOf(topic), [itemOf(topic, message)]);
    },
    subscribe(topic, listener) {
      const subscription = local.subscribe(topic, listener);
      const followed = following.get(topic) ?? subscriber.subscribe(channelOf(topic));
      following.set(topic, followed);
      const ready = followed.then(() => {});
      ready.catch(() => {}); // closed in the meantime, and perhaps nobody asks
      return { ready, ...subscription };
    },
    onGap: local.onGap,
    async ping() {
      await publisher.ping();
    },
    async [Symbol.asyncDispose]() {
      close();
    },
  };
}
