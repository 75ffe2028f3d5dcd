import { openDatabase } from "#db/client.ts";
import type { Adapter, Delivered, Directory } from "#src/adapter.ts";
import { openLog } from "#src/log.ts";
import { openAnnouncements } from "#src/ports/announcements.ts";
import { startDeliveryLoop } from "#src/runs/delivery-loop.ts";

/**
 * A delivery worker for tests to fork and to kill: `delivery-program.ts <database url> <holder>`. Its platform is the
 * parent, which it asks by message, `{ id, act, args }`, and which answers with `{ id, answer }`.
 */
const [databaseUrl = "", holder = ""] = process.argv.slice(2);
const answers = new Map<number, (answer: Delivered | undefined) => void>();
let asked = 0;

process.on("message", ({ id, answer }: { id: number; answer: Delivered | undefined }) => {
  answers.get(id)?.(answer);
  answers.delete(id);
});

function ask(act: "deliver" | "lookUp", ...args: unknown[]): Promise<Delivered | undefined> {
  const id = ++asked;
  const { promise, resolve } = Promise.withResolvers<Delivered | undefined>();
  answers.set(id, resolve);
  process.send?.({ id, act, args });
  return promise;
}

const adapter: Adapter = {
  platform: "slack",
  directory: {} as Directory,
  start: () => Promise.resolve(),
  async deliver(event, { signal: _, ...context }) {
    return (await ask("deliver", event, context)) as Delivered;
  },
  lookUp: (intent) => ask("lookUp", intent),
};

startDeliveryLoop({
  sql: openDatabase(databaseUrl),
  adapters: new Map([["slack", adapter]]),
  announcements: await openAnnouncements({ databaseUrl }),
  log: openLog({ level: "silent", name: "delivery", secrets: [] }),
  ...{ holder, pollMs: 20, lease: { ttlMs: 300, renewMs: 100 } },
});
