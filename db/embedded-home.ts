import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { ConfigError } from "#src/errors.ts";

/** The account the server runs as; empty: the one this process runs as. */
export type RunAs = { uid?: number; gid?: number };
/** `folder` is absolute, free of symbolic links, private to `user`, and holds data, log and password. */
export type Home = { folder: string; user: RunAs };

const movedRoot = "/var/lib/embedded-postgres";

/**
 * Makes the folder of an embedded server and finds the account to run it as.
 *
 * PostgreSQL refuses to run as root: root's server runs as the owner of its data, else as `postgres`,
 * else as `nobody` (no account is created). A folder which that account cannot reach, such as one
 * under /root, moves to /var/lib/embedded-postgres/<hash>, and a file MOVED-TO says so.
 *
 * Throws a ConfigError naming the folder when it cannot be written or belongs to someone else.
 */
export function findHome(dataDir: string): Home {
  const asked = path.resolve(dataDir);
  const user = runAs(path.join(asked, "data"));
  makeFolder(asked, user);
  if (canWrite(asked, user)) return { folder: fs.realpathSync(asked), user };
  if (user.uid === undefined) {
    throw new ConfigError(
      `Cannot write to the data folder "${asked}": it is read-only or belongs to another user (first started by root?). Change its owner, set DATA_DIR to another folder, or set DATABASE_URL`,
    );
  }
  const hash = createHash("sha256").update(asked).digest("hex").slice(0, 12);
  const folder = path.join(movedRoot, hash);
  const moved = { folder, user: runAs(path.join(folder, "data")) };
  makeFolder(folder, moved.user);
  fs.writeFileSync(path.join(asked, "MOVED-TO"), `${folder}\n`);
  return moved;
}

/** The superuser's password of the server in `home`, made on first use; the same for every process. */
export function findPassword({ folder, user }: Home): string {
  const file = path.join(folder, "password");
  if (!fs.existsSync(file)) {
    const draft = `${file}.${process.pid}`;
    fs.writeFileSync(draft, randomBytes(24).toString("hex"), { mode: 0o600 });
    giveTo(draft, user);
    try {
      fs.linkSync(draft, file); // unlike rename, never replaces what another process has just made
    } catch (error) {
      if (!fs.existsSync(file)) throw error;
    } finally {
      fs.rmSync(draft, { force: true });
    }
  }
  return fs.readFileSync(file, "utf8").trim();
}

/** Hands a file that root made to the account the server runs as. */
export function giveTo(file: string, { uid, gid }: RunAs): void {
  if (uid !== undefined && gid !== undefined) fs.chownSync(file, uid, gid);
}

function runAs(data: string): RunAs {
  if (process.getuid?.() !== 0) return {};
  const owner = fs.statSync(data, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const accounts = fs
    .readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const account = accounts.find(([accountName]) => accountName === name);
    if (account) return { uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new ConfigError(
    "PostgreSQL cannot run as root, and there is no account postgres or nobody: set DATABASE_URL or run as an ordinary user",
  );
}

function makeFolder(folder: string, user: RunAs): void {
  try {
    fs.mkdirSync(folder, { recursive: true });
    if (user.uid === undefined) return;
    giveTo(folder, user);
    fs.chmodSync(folder, 0o700);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(
      `Cannot create the data folder "${folder}": ${reason}. Set DATA_DIR to a folder that can be written, or set DATABASE_URL`,
      { cause },
    );
  }
}

/** Tried as that account: modes of parent folders, mounts and access lists all have a say. */
function canWrite(folder: string, user: RunAs): boolean {
  const probe = spawnSync(
    "/bin/sh",
    ["-c", 'cd "$1" && : > ".probe.$$" && rm ".probe.$$"', "sh", folder],
    { ...user, cwd: "/", env: {} },
  );
  return probe.status === 0;
}
