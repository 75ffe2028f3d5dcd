import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./cache-folder.ts";

export type RedisBinary = { file: string; env: NodeJS.ProcessEnv };

const run = promisify(execFile);
const env = { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };

let found: Promise<RedisBinary> | undefined;

/**
 * `redis-server` from the PATH, else unpacked from the distribution's packages into the tests' cache
 * (once; needs apt and its mirror, but not root). Rejects with an Error that says how to get one.
 */
export function findRedis(): Promise<RedisBinary> {
  found ??= find();
  return found;
}

async function find(): Promise<RedisBinary> {
  const installed = { file: "redis-server", env: process.env };
  if (await runs(installed)) return installed;
  const folder = path.join(cacheFolder("redis"), "unpacked");
  if (!fs.existsSync(folder)) await unpackOnce(folder);
  const unpacked = unpackedIn(folder);
  if (await runs(unpacked)) return unpacked;
  fs.rmSync(folder, { recursive: true, force: true });
  throw new Error(howTo("the unpacked redis-server does not run"));
}

async function runs(redis: RedisBinary): Promise<boolean> {
  try {
    await run(redis.file, ["--version"], { env: redis.env });
    return true;
  } catch {
    return false;
  }
}

function unpackedIn(folder: string): RedisBinary {
  const libraries = fs.globSync(path.join(folder, "{usr/,}lib/*-linux-gnu*"));
  return {
    file: path.join(folder, "usr/bin/redis-server"),
    env: { ...process.env, LD_LIBRARY_PATH: libraries.join(":") },
  };
}

/** Works in a folder of its own and renames at the end, so that processes may do it at the same time. */
async function unpackOnce(folder: string): Promise<void> {
  const draft = fs.mkdtempSync(`${folder}-`);
  try {
    const archives = await download(path.join(draft, "apt"));
    for (const archive of archives) await run("dpkg", ["-x", archive, path.join(draft, "root")]);
    fs.renameSync(path.join(draft, "root"), folder);
  } catch (cause) {
    if (fs.existsSync(folder)) return; // another process was first
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(howTo(reason), { cause });
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
  }
}

/** With the machine's package lists where they serve, else with lists fetched into `folder`. */
async function download(folder: string): Promise<string[]> {
  const lists = path.join(folder, "lists");
  const cache = path.join(folder, "cache");
  const archives = path.join(folder, "archives");
  for (const made of [
    path.join(lists, "partial"),
    path.join(cache, "archives/partial"),
    archives,
  ]) {
    fs.mkdirSync(made, { recursive: true });
  }
  const aside = ["-o", `Dir::State::lists=${lists}`, "-o", `Dir::Cache=${cache}`];
  const own = [...aside, "-o", "APT::Sandbox::User="];
  try {
    await downloadWith(["-o", `Dir::Cache=${cache}`], archives);
  } catch {
    await run("apt-get", [...own, "update"], { env });
    await downloadWith(own, archives);
  }
  return fs.globSync(path.join(archives, "*.deb"));
}

async function downloadWith(options: string[], archives: string): Promise<void> {
  const wanted = ["redis-server", "redis-tools"];
  const simulated = await run(
    "apt-get",
    [...options, "--simulate", "--no-install-recommends", "install", ...wanted],
    { env },
  );
  const missing = [...simulated.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name = ""]) => name);
  const names = [...new Set([...wanted, ...missing])];
  await run("apt-get", [...options, "download", ...names], { env, cwd: archives });
}

const howTo = (reason: string) =>
  `No Redis for the tests: ${reason.trim()}\nInstall redis-server (>= 6.2), or set TEST_REDIS_URL to a Redis whose data may be deleted`;
