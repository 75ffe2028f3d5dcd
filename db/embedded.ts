import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { ConfigError, messageOf } from "#src/errors.ts";
import { findBinaries } from "./embedded-binaries.ts";
import { findOrCreateCluster } from "./embedded-cluster.ts";
import { findHome, findPassword } from "./embedded-home.ts";
import { connectKeeper, createIfMissing, isLastUser } from "./embedded-keeper.ts";
import {
  endOfLog,
  findPostmaster,
  launchPostmaster,
  stopPostmaster,
} from "./embedded-postmaster.ts";

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

type Joined = { keeper: pg.Client; port: number; adopted: boolean };

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
  const home = findHome(options.dataDir);
  const binaries = await findBinaries(home);
  const password = findPassword(home);
  const data = await findOrCreateCluster(home, binaries, log);
  const urlOf = (name: string, port: number) =>
    `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(name)}`;

  async function join(): Promise<Joined> {
    const deadline = Date.now() + timeoutMs;
    let adopted = true;
    let child: ChildProcess | undefined;
    let failure: unknown;
    for (let pause = 20; Date.now() < deadline; pause = Math.min(pause * 1.5, 400)) {
      const running = findPostmaster(data);
      if (running?.port) {
        try {
          const keeper = await connectKeeper(urlOf("postgres", running.port));
          return { keeper, port: running.port, adopted };
        } catch (error) {
          failure = error; // it is still starting, or going down
        }
      } else if (!running && (child === undefined || hasExited(child))) {
        const launched = await launchPostmaster(home, binaries, data, settings);
        child = launched.child.once("error", (error) => {
          failure = error;
        });
        adopted = false;
        log(`Starting PostgreSQL on 127.0.0.1:${launched.port} (data in ${home.folder})`);
      }
      await sleep(pause);
    }
    throw new ConfigError(
      `The embedded PostgreSQL in "${home.folder}" did not start in ${timeoutMs} ms. Its log ends:\n${endOfLog(home)}`,
      { cause: failure },
    );
  }

  let leaving: Promise<"stopped" | "left running"> | undefined;
  let joining = join();
  function joinAgainWhenLost({ keeper }: Joined): void {
    keeper.once("end", () => {
      if (leaving !== undefined) return;
      log("The embedded PostgreSQL went away: joining it again");
      joining = join();
      joining.then(joinAgainWhenLost, (error) => log(messageOf(error)));
    });
  }

  async function leave(): Promise<"stopped" | "left running"> {
    const { keeper } = await joining;
    try {
      if (!(await isLastUser(keeper))) return "left running";
      await stopPostmaster(data, timeoutMs);
      return "stopped";
    } finally {
      await keeper.end().catch(() => {});
    }
  }

  const joined = await joining;
  joinAgainWhenLost(joined);
  await createIfMissing(joined.keeper, database);
  const stop = () => {
    leaving ??= leave();
    return leaving;
  };
  return {
    url: urlOf(database, joined.port),
    adopted: joined.adopted,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

const hasExited = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;
