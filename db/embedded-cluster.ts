import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { ConfigError } from "#src/errors.ts";
import type { Binaries } from "./embedded-binaries.ts";
import type { Home } from "./embedded-home.ts";
import { isAlive, serverEnvironment } from "./embedded-postmaster.ts";

const run = promisify(execFile);

/**
 * Runs initdb once per home and returns the cluster's folder. It works beside that folder and renames
 * at the end: a kill half way leaves nothing that looks ready, and of several starters one wins.
 * The superuser is `postgres` with the password that findPassword() wrote.
 */
export async function findOrCreateCluster(
  home: Home,
  binaries: Binaries,
  log: (line: string) => void,
): Promise<string> {
  const data = path.join(home.folder, "data");
  removeAbandoned(home.folder);
  if (isCluster(data)) return data;
  log("Creating the embedded database (once)");
  const draft = path.join(home.folder, `init-${process.pid}-${Date.now()}`);
  await initdb(home, binaries, draft);
  try {
    fs.renameSync(draft, data);
  } catch (error) {
    fs.rmSync(draft, { recursive: true, force: true });
    if (!isCluster(data)) throw error;
  }
  return data;
}

const isCluster = (data: string) => fs.existsSync(path.join(data, "PG_VERSION"));

async function initdb({ folder, user }: Home, binaries: Binaries, draft: string): Promise<void> {
  const options = [
    `--pgdata=${draft}`,
    "--username=postgres",
    "--auth=scram-sha-256",
    `--pwfile=${path.join(folder, "password")}`,
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--wal-segsize=4", // MB: a small database need not begin with 16 MB of log
  ];
  // With ctype C, pg_trgm and text search see no letters in Chinese, and it cannot be changed later.
  if (process.platform === "linux") options.push("--lc-ctype=C.UTF-8");
  try {
    await run(binaries.initdb, options, { ...user, cwd: folder, env: serverEnvironment });
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim();
    throw new ConfigError(
      `Cannot create the embedded database in "${folder}": ${said || String(cause)}. Set DATA_DIR to another folder, or set DATABASE_URL`,
      { cause },
    );
  }
}

/** An initdb outlives the process that was killed, so what is removed here may still be growing. */
function removeAbandoned(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    const pid = /^init-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    fs.rmSync(path.join(folder, name), { recursive: true, force: true, maxRetries: 20 });
  }
}
