import type { ChildProcess } from "node:child_process";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { ConfigError } from "#src/errors.ts";
import { findBinaries } from "./embedded-binaries.ts";
import { findOrCreateCluster } from "./embedded-cluster.ts";
import { findHome, findPassword } from "./embedded-home.ts";
import {
  findPostmaster,
  launchPostmaster,
  logFile,
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

/** Every process that uses the server holds this advisory lock shared, in database "postgres". */
const usersLock = 0x0a9e17;

/**
 * A private PostgreSQL in `dataDir`, from the programs that npm ships: made on first use (about 1 s),
 * started (0.1 s), or adopted where it runs already. Any number of processes may share it. It survives
 * the `kill -9` of the process that started it, and the next start adopts it.
 *
 * Throws a ConfigError naming the folder or the missing programs, and what to set instead; after `timeoutMs`
 * (30 s) one with the end of the server's log.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { database = "countersign", log = () => {}, timeoutMs = 30_000, settings = [] } = options;
  const home = findHome(options.dataDir);
  const binaries = await findBinaries(home);
  const password = findPassword(home);
  const data = await findOrCreateCluster(home, binaries, log);
  const urlOf = (name: string, port: number) =>
    `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(name)}`;

  async function join() {
    const deadline = Date.now() + timeoutMs;
    let adopted = true;
    let child: ChildProcess | undefined;
    let failure: unknown;
    for (let pause = 20; Date.now() < deadline; pause = Math.min(pause * 1.5, 400)) {
      const running = findPostmaster(data);
      if (running?.port) {
        try {
          return { keeper: await keep(urlOf("postgres", running.port)), adopted, ...running };
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
    const tail = fs.existsSync(logFile(home)) ? fs.readFileSync(logFile(home), "utf8") : "";
    throw new ConfigError(
      `The embedded PostgreSQL in "${home.folder}" did not start in ${timeoutMs} ms. Its log ends:\n${tail.slice(-800)}`,
      { cause: failure },
    );
  }

  const { keeper, port, adopted } = await join();
  await createIfMissing(keeper, database);

  async function leave(): Promise<"stopped" | "left running"> {
    const last = await isLastUser(keeper);
    // The lock is held until the server is down: who waits for it is turned away, and starts anew.
    if (last) await stopPostmaster(data, timeoutMs);
    await keeper.end().catch(() => {});
    return last ? "stopped" : "left running";
  }
  let leaving: ReturnType<typeof leave> | undefined;
  const stop = () => {
    leaving ??= leave();
    return leaving;
  };
  return {
    url: urlOf(database, port),
    adopted,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

/** A connection that marks this process as a user of the server for as long as it is open. */
async function keep(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "countersign keeper",
    connectionTimeoutMillis: 3000,
    keepAlive: true,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("select pg_advisory_lock_shared($1)", [usersLock]);
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

async function isLastUser(keeper: pg.Client): Promise<boolean> {
  try {
    const { rows } = await keeper.query<{ last: boolean }>(
      "select pg_advisory_unlock_shared($1), pg_try_advisory_lock($1) as last",
      [usersLock],
    );
    return rows[0]?.last ?? false;
  } catch {
    return false; // the connection is gone, and with it what we know of other users
  }
}

async function createIfMissing(keeper: pg.Client, database: string): Promise<void> {
  const known = await keeper.query("select from pg_database where datname = $1", [database]);
  if (known.rowCount) return;
  try {
    await keeper.query(`create database ${pg.escapeIdentifier(database)}`);
  } catch (error) {
    const there = ["42P04", "23505"]; // duplicate_database, unique_violation: made just now by another
    if (!there.includes((error as pg.DatabaseError).code ?? "")) throw error;
  }
}

const hasExited = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;
