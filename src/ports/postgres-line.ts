import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

/** A connection that listens on a channel, and listens again after it was lost. */
export type PostgresLine = {
  /** Notifies the channel. Rejects while the connection is away. `text` is under 8,000 bytes. */
  send(text: string): Promise<void>;
  /** Fulfilled when it listens: now, or when it is back. */
  listening(): Promise<void>;
  ping(): Promise<void>;
} & AsyncDisposable;

export type LineEvents = {
  onText(text: string): void;
  onReconnected(): void;
};

/** Rejects when the first connection fails; after that it tries for ever. */
export async function openPostgresLine(
  url: string,
  channel: string,
  events: LineEvents,
): Promise<PostgresLine> {
  const closing = new AbortController();
  let client: pg.Client | undefined;
  let connecting = connect();

  async function connect(): Promise<void> {
    const opened = new pg.Client({
      connectionString: url,
      options: "-c synchronous_commit=off", // a hint need not wait for the disk
      application_name: "countersign announcements",
      connectionTimeoutMillis: 5000,
      keepAlive: true,
    });
    opened.on("error", () => {}); // "end" follows
    opened.on("notification", ({ payload }) => events.onText(payload ?? ""));
    try {
      await opened.connect();
      await opened.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      await opened.end().catch(() => {});
      throw error;
    }
    client = opened;
    opened.once("end", () => {
      client = undefined;
      if (!closing.signal.aborted) connecting = reconnect();
    });
  }

  async function reconnect(): Promise<void> {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      try {
        await connect();
        return events.onReconnected();
      } catch {
        await delay(Math.min(50 * 2 ** attempt, 1000), undefined, closing).catch(() => {});
      }
    }
  }

  async function run(statement: string, values: string[]): Promise<void> {
    if (!client) throw new Error("The connection to PostgreSQL is lost");
    await client.query({ name: statement, text: statement, values });
  }

  await connecting;
  return {
    send: (text) => run("select pg_notify($1, $2)", [channel, text]),
    listening: () => connecting,
    ping: () => run("select 1", []),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await connecting.catch(() => {});
      await client?.end();
    },
  };
}
