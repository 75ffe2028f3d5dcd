import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { ConfigError } from "#src/errors.ts";
import type { Binaries } from "./embedded-binaries.ts";
import type { Home } from "./embedded-home.ts";
import { connectKeeper } from "./embedded-keeper.ts";
import { endOfLog, findPostmaster, launchPostmaster } from "./embedded-postmaster.ts";

/** All that is needed to start or find the server of one cluster. */
export type Site = {
  home: Home;
  binaries: Binaries;
  /** Folder of the cluster. */
  data: string;
  settings: string[];
  /** Of the superuser, to a database on this port. */
  urlOf(database: string, port: number): string;
  log(line: string): void;
};

/** `adopted`: another process had started it. */
export type Joined = { keeper: pg.Client; port: number; adopted: boolean };

/**
 * Becomes a user of the server, starting it where nobody has. Several processes may try at once:
 * PostgreSQL lets one server have the cluster, and the others find it.
 *
 * Rejects with a ConfigError and the end of the server's log after `timeoutMs`. Once `signal` is
 * aborted it starts nothing any more, but still joins what is starting.
 */
export async function joinServer(
  site: Site,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<Joined> {
  const deadline = Date.now() + timeoutMs;
  let adopted = true;
  let child: ChildProcess | undefined;
  let failure: unknown;
  for (let pause = 20; Date.now() < deadline; pause = Math.min(pause * 1.5, 400)) {
    const running = findPostmaster(site.data);
    if (running?.port) {
      try {
        const keeper = await connectKeeper(site.urlOf("postgres", running.port));
        return { keeper, port: running.port, adopted };
      } catch (error) {
        failure = error; // it is still starting, or going down
      }
    } else if (!running && (child === undefined || hasExited(child))) {
      signal.throwIfAborted();
      const launched = await launchPostmaster(site.home, site.binaries, site.data, site.settings);
      child = launched.child.once("error", (error) => {
        failure = error;
      });
      adopted = false;
      site.log(`Starting PostgreSQL on 127.0.0.1:${launched.port} (data in ${site.home.folder})`);
    }
    await sleep(pause);
  }
  throw new ConfigError(
    `The embedded PostgreSQL in "${site.home.folder}" did not start in ${timeoutMs} ms. Its log ends:\n${endOfLog(site.home)}`,
    { cause: failure },
  );
}

const hasExited = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;
