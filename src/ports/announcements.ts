/**
 * Cross-process publish/subscribe. At-most-once hints: a subscriber that missed one finds the truth in
 * PostgreSQL. Messages are what JSON can hold, come in the order of their publisher within a topic, and
 * are shared between the subscribers of a process, who leave them as they are.
 */
export interface Announcements extends AsyncDisposable {
  /**
   * Never throws and never waits: local subscribers get it in a microtask, other processes soon. On
   * PostgreSQL, other processes get `{ truncated: true }` for a message of more than 7,800 bytes.
   */
  publish(topic: string, message: Message): void;
  subscribe(topic: string, listener: (message: Message) => void): Subscription;
  /** Calls back when hints may have been missed: after a connection was lost and is back, here or at a publisher. */
  onGap(listener: () => void): Disposable;
  /** Rejects when the back end does not answer within two seconds. */
  ping(): Promise<void>;
}

export type Message = Record<string, unknown>;

interface Subscription extends Disposable {
  /** Fulfilled when what other processes publish from now on arrives. Waits while the back end is away. */
  readonly ready: Promise<void>;
}

export type AnnouncementsBackend = { redisUrl: string } | { databaseUrl: string };

/** Rejects when the back end is not there. A listener that throws is a process warning, nothing more. */
export async function openAnnouncements(backend: AnnouncementsBackend): Promise<Announcements> {
  if ("redisUrl" in backend) {
    const { openRedisAnnouncements } = await import("./announcements-redis.ts");
    return openRedisAnnouncements(backend.redisUrl);
  }
  const { openPostgresAnnouncements } = await import("./announcements-postgres.ts");
  return openPostgresAnnouncements(backend.databaseUrl);
}
