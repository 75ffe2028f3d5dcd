import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { messageOf } from "#src/errors.ts";
import { findBinaries } from "./embedded-binaries.ts";
import { findOrCreateCluster } from "./embedded-cluster.ts";
import { findHome, findPassword } from "./embedded-home.ts";
import { joinServer, type Site } from "./embedded-join.ts";
import { createIfMissing, isLastUser } from "./embedded-keeper.ts";
import { findPostmaster, stopPostmaster } from "./embedded-postmaster.ts";

export type EmbeddedOptions = {
  /** Folder of this server alone: it becomes private to the account the server runs as. */
  dataDir: string;
  /** Created if it is missing. */
  database?: string;
  log?: (line: string) => void;
  timeoutMs?: number;
  /** Such as "fsync=off". They count when this process starts the server, not when it adopts one. */
  settings?: string[];
};

export type EmbeddedPostgres = {
  /** postgres://… on 127.0.0.1 with the password in it: not to be logged. */
  url: string;
  /** It was running already, for another process or after the death of one. */
  adopted: boolean;
  /** Lets go of the server; the last process to let go shuts it down. May be called twice. */
  stop(): Promise<"stopped" | "left running">;
} & AsyncDisposable;

/**
 * A private PostgreSQL in `dataDir`, from the programs that npm ships: made on first use (about 1 s),
 * started (0.1 s), or adopted where it runs already. Any number of processes may share it. It survives
 * the `kill -9` of the process that started it, and the next start adopts it. If it dies itself, those
 * who use it start it again at the same address.
 *
 * Throws a ConfigError naming the folder or the missing programs, and what to set instead; after
 * `timeoutMs` (30 s) one with the end of the server's log.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { database = "countersign", log = () => {}, timeoutMs = 30_000, settings = [] } = options;
  const site = await findSite(options.dataDir, settings, log);

  const leaving = new AbortController();
  const join = () => joinServer(site, { timeoutMs, signal: leaving.signal });
  let joining = join();

  function rejoinWhenLost(keeper: pg.Client): void {
    keeper.once("end", () => void rejoin());
  }
  async function rejoin(): Promise<void> {
    while (!leaving.signal.aborted) {
      log("The embedded PostgreSQL went away: joining it again");
      try {
        joining = join();
        return rejoinWhenLost((await joining).keeper);
      } catch (error) {
        log(messageOf(error));
        await sleep(1000);
      }
    }
  }

  async function leave(): Promise<"stopped" | "left running"> {
    leaving.abort();
    const keeper = (await joining.catch(() => undefined))?.keeper;
    try {
      const isLast = keeper && (await isLastUser(keeper).catch(() => false)); // it may be dead by now
      if (isLast) await stopPostmaster(site.data, timeoutMs);
    } finally {
      await keeper?.end().catch(() => {});
    }
    return findPostmaster(site.data) ? "left running" : "stopped";
  }
  let left: ReturnType<typeof leave> | undefined;
  const stop = () => {
    left ??= leave();
    return left;
  };

  const { keeper, port, adopted } = await joining;
  rejoinWhenLost(keeper);
  try {
    await createIfMissing(keeper, database);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: site.urlOf(database, port),
    adopted,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

async function findSite(
  dataDir: string,
  settings: string[],
  log: (line: string) => void,
): Promise<Site> {
  const home = findHome(dataDir);
  const binaries = await findBinaries(home);
  const password = findPassword(home);
  const data = await findOrCreateCluster(home, binaries, log);
  const urlOf = (database: string, port: number) =>
    `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  return { home, binaries, data, settings, urlOf, log };
}
