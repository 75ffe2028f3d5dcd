import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import type { Binaries } from "./embedded-binaries.ts";
import { giveTo, type Home } from "./embedded-home.ts";

/** What the server's own lock file, postmaster.pid, says. `port` is 0 until it listens. */
export type Postmaster = { pid: number; port: number };

/** No PG* setting of the caller gets through, and none of its secrets. */
export const serverEnvironment = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

const defaultSettings = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=", // one URL form for every driver, and no clash in /tmp
  "max_connections=200",
  "shared_buffers=64MB",
  "max_wal_size=256MB",
  "log_checkpoints=off",
];

/** The server that runs on the cluster `data` now, whichever process started it. */
export function findPostmaster(data: string): Postmaster | undefined {
  const { pid, port } = readLockFile(data);
  return isServerOf(pid, data) ? { pid, port } : undefined;
}

/**
 * Starts a server on `data`, on the port it had last time if that is free. It outlives this process
 * and does not get its Ctrl-C. The child exits at once if another server has the cluster.
 */
export async function launchPostmaster(
  home: Home,
  binaries: Binaries,
  data: string,
  settings: string[],
): Promise<{ child: ChildProcess; port: number }> {
  const port = await freePort(lastPort(data));
  const options = [...defaultSettings, ...settings].flatMap((setting) => ["-c", setting]);
  const log = openLog(home);
  const child = spawn(binaries.postgres, ["-D", data, "-p", String(port), ...options], {
    ...home.user,
    cwd: home.folder,
    env: { ...serverEnvironment, ...disownStaleLock(data) },
    detached: true,
    stdio: ["ignore", log, log], // a file, for a pipe would break with this process
  });
  fs.closeSync(log);
  child.unref();
  return { child, port };
}

/** Fast shutdown: open transactions are rolled back, committed ones are safe. Returns when it is down. */
export async function stopPostmaster(data: string, timeoutMs: number): Promise<void> {
  const postmaster = findPostmaster(data);
  if (!postmaster) return;
  process.kill(postmaster.pid, "SIGINT");
  const deadline = Date.now() + timeoutMs;
  while (isServerOf(postmaster.pid, data)) {
    if (Date.now() > deadline) {
      throw new Error(`PostgreSQL (pid ${postmaster.pid}) did not stop in ${timeoutMs} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What went wrong is in there, in PostgreSQL's words. */
export function endOfLog(home: Home): string {
  return readIfThere(logFile(home)).slice(-800).trim();
}

const logFile = (home: Home) => path.join(home.folder, "postgres.log");

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function readLockFile(data: string): Postmaster {
  const lines = readIfThere(path.join(data, "postmaster.pid")).split("\n");
  return { pid: Number(lines[0] ?? 0), port: Number(lines[3] ?? 0) };
}

/** After a crash the number in the lock file may be another program's by now. */
function isServerOf(pid: number, data: string): boolean {
  if (!(pid > 0) || !isAlive(pid)) return false;
  if (process.platform === "linux") {
    return readIfThere(`/proc/${pid}/cmdline`).includes(`\0-D\0${data}\0`);
  }
  const ps = spawnSync("/bin/ps", ["-ww", "-p", String(pid), "-o", "command="], {
    encoding: "utf8",
  });
  return (ps.stdout ?? "").includes(`-D ${data} `);
}

/**
 * PostgreSQL does not start while the number in its lock file is alive, unless it is an ancestor's:
 * so that is what we call a stranger's. Unlike deleting the file, this keeps PostgreSQL's own guard
 * against two servers on one cluster.
 */
function disownStaleLock(data: string): { PG_GRANDPARENT_PID?: string } {
  const { pid } = readLockFile(data);
  return pid > 0 && !isServerOf(pid, data) ? { PG_GRANDPARENT_PID: String(pid) } : {};
}

/** postmaster.opts holds the last command line: …/postgres "-D" "…" "-p" "54321" … */
function lastPort(data: string): number {
  return Number(/"-p" "(\d+)"/.exec(readIfThere(path.join(data, "postmaster.opts")))?.[1] ?? 0);
}

function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", (error) => (wanted ? resolve(freePort(0)) : reject(error)));
    server.listen(wanted, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function openLog(home: Home): number {
  const file = logFile(home);
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const handle = fs.openSync(file, size > 10_000_000 ? "w" : "a", 0o600);
  giveTo(file, home.user);
  return handle;
}

function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
