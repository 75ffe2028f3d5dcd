import assert from "node:assert/strict";
import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { startEmbeddedPostgres } from "#db/embedded.ts";
import { findPostmaster } from "#db/embedded-postmaster.ts";

const program = path.resolve(import.meta.dirname, "../support/embedded-program.ts");
const folders: string[] = [];
const children = new Set<ChildProcess>();
const isRoot = process.getuid?.() === 0;
/** Who starts the server in the tests of an ordinary user: nobody, or whoever runs them. */
const ordinary = isRoot ? { uid: 65534, gid: 65534 } : undefined;

after(() => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
});

test("it keeps its data, its address and its password from one start to the next", async () => {
  const dataDir = newFolder();
  const first = await startEmbeddedPostgres({ dataDir });
  assert.equal(first.adopted, false);
  await query(first.url, "create table kept as select 'still here' as what");
  assert.equal(await first.stop(), "stopped");
  await using second = await startEmbeddedPostgres({ dataDir });
  assert.equal(second.adopted, false);
  assert.equal(second.url, first.url);
  assert.deepEqual(await query(second.url, "select what from kept"), [{ what: "still here" }]);
});

test("it finds letters in Chinese", async () => {
  await using server = await startEmbeddedPostgres({ dataDir: newFolder() });
  await query(server.url, "create extension pg_trgm");
  const [row] = await query(server.url, "select show_trgm('我喜欢高层房间') <> '{}' as found");
  assert.deepEqual(row, { found: true });
});

test("it creates the database that is asked for, and hands on settings", async () => {
  await using server = await startEmbeddedPostgres({
    dataDir: newFolder(),
    database: 'odd "name" of ours',
    settings: ["work_mem=7MB"],
  });
  const [row] = await query(
    server.url,
    "select current_database() as name, current_setting('work_mem') as setting",
  );
  assert.deepEqual(row, { name: 'odd "name" of ours', setting: "7MB" });
});

test("processes that start at once share one server, and the last one to stop ends it", async () => {
  const dataDir = newFolder();
  const users = await Promise.all([1, 2, 3].map(() => startProcess(dataDir)));
  assert.equal(users.filter(({ adopted }) => !adopted).length, 1);
  assert.equal(new Set(users.map(({ url }) => url)).size, 1);
  const endings: unknown[] = [];
  for (const user of users) {
    await query(user.url, "select 1");
    endings.push(await user.stop());
  }
  assert.deepEqual(endings, ["left running", "left running", "stopped"]);
  assert.equal(serverOn(dataDir), undefined);
});

test("who comes while the last one leaves gets a server that stays", async () => {
  const dataDir = newFolder();
  async function comeAndGo(): Promise<void> {
    for (let round = 0; round < 12; round++) {
      await using server = await startEmbeddedPostgres({ dataDir });
      await query(server.url, "select pg_sleep(random() * 0.02)");
    }
  }
  await Promise.all([comeAndGo(), comeAndGo(), comeAndGo()]);
  assert.equal(serverOn(dataDir), undefined);
});

test("a server that outlived the kill -9 of its process is adopted", async () => {
  const dataDir = newFolder();
  const killed = await startProcess(dataDir);
  await killed.kill();
  assert.notEqual(serverOn(dataDir), undefined);
  const next = await startEmbeddedPostgres({ dataDir });
  assert.equal(next.adopted, true);
  assert.equal(next.url, killed.url);
  assert.equal(await next.stop(), "stopped");
});

test("a server that was killed while in use comes back at its address by itself", async () => {
  const dataDir = newFolder();
  await using server = await startEmbeddedPostgres({ dataDir });
  await query(server.url, "create table kept as select 1 as n");
  killServerOn(dataDir);
  const rows = await eventually(() => query(server.url, "select n from kept"));
  assert.deepEqual(rows, [{ n: 1 }]);
  assert.equal(await server.stop(), "stopped");
  assert.equal(serverOn(dataDir), undefined);
});

test("stopping a server that has just died, or whose folder is gone, is no error", async () => {
  const killed = newFolder();
  const first = await startEmbeddedPostgres({ dataDir: killed });
  killServerOn(killed);
  assert.equal(await first.stop(), "stopped");

  const deleted = newFolder();
  const second = await startEmbeddedPostgres({ dataDir: deleted });
  killServerOn(deleted);
  fs.rmSync(deleted, { recursive: true });
  assert.equal(await second.stop(), "stopped");
});

test("a lock file left behind that names another program does not keep it from starting", async () => {
  const dataDir = newFolder();
  const killed = await startProcess(dataDir);
  await killed.kill();
  killServerOn(dataDir);
  await eventually(() => assert.equal(serverOn(dataDir), undefined));

  const { uid, gid } = fs.statSync(path.join(dataDir, "data"));
  const stranger = spawn("sleep", ["60"], { uid, gid });
  children.add(stranger);
  const lockFile = path.join(dataDir, "data", "postmaster.pid");
  const lock = fs.readFileSync(lockFile, "utf8").split("\n");
  fs.writeFileSync(lockFile, [stranger.pid, ...lock.slice(1)].join("\n"));

  await using next = await startEmbeddedPostgres({ dataDir });
  assert.equal(next.adopted, false);
  await query(next.url, "select 1");
  assert.equal(stranger.exitCode ?? stranger.signalCode, null);
});

test("it takes another port when a program has taken its own", async () => {
  const dataDir = newFolder();
  const first = await startEmbeddedPostgres({ dataDir });
  await first.stop();
  const taker = net.createServer().listen(Number(new URL(first.url).port), "127.0.0.1");
  await once(taker, "listening");
  try {
    await using second = await startEmbeddedPostgres({ dataDir });
    assert.notEqual(new URL(second.url).port, new URL(first.url).port);
    await query(second.url, "select 1");
  } finally {
    taker.close();
  }
});

test("a kill -9 while the database is being created does no harm", async () => {
  const dataDir = newFolder();
  const killed = forkProgram(dataDir);
  const drafts = () => fs.readdirSync(dataDir).filter((name) => name.startsWith("init-"));
  await eventually(() => assert.equal(drafts().length, 1));
  killed.kill("SIGKILL");
  await once(killed, "exit");
  await using server = await startEmbeddedPostgres({ dataDir });
  assert.equal(server.adopted, false);
  await query(server.url, "select 1");
  assert.deepEqual(drafts(), []);
});

test("an ordinary user starts it, and root or the same user adopts it", async () => {
  const dataDir = newFolder(ordinary);
  if (isRoot && !canRead(program, ordinary)) {
    // A checkout under /root: another user finds no programs in it, and is told what to do.
    await assert.rejects(startProcess(dataDir, ordinary), /set DATABASE_URL/);
    return;
  }
  const user = await startProcess(dataDir, ordinary);
  assert.equal(user.adopted, false);
  const other = await startEmbeddedPostgres({ dataDir });
  assert.equal(other.adopted, true);
  assert.equal(other.url, user.url);
  assert.equal(await other.stop(), "left running");
  assert.equal(await user.stop(), "stopped");
});

test("a folder that cannot be written is an error that names it and what to set", async () => {
  const readOnly = newFolder(ordinary);
  fs.chmodSync(readOnly, 0o555);
  const under = path.join(readOnly, "postgres");
  await assert.rejects(startProcess(readOnly, ordinary), tells("Cannot write", readOnly));
  await assert.rejects(startProcess(under, ordinary), tells("Cannot create", under));

  const file = path.join(newFolder(), "file");
  fs.writeFileSync(file, "");
  await assert.rejects(startEmbeddedPostgres({ dataDir: file }), tells("Cannot create", file));
});

test("a folder of another account is an error that names it and what to set", async () => {
  const owned = isRoot ? newFolder() : "/"; // root's, in which no ordinary user can write
  if (isRoot) await (await startEmbeddedPostgres({ dataDir: owned })).stop();
  await assert.rejects(startProcess(owned, ordinary), tells("Cannot write", owned));
});

test("a folder that the server's account cannot reach moves where it can, for root", async () => {
  const locked = newFolder();
  fs.chmodSync(locked, 0o700);
  const dataDir = path.join(locked, "postgres");
  await using server = await startEmbeddedPostgres({ dataDir });
  await query(server.url, "select 1");
  if (!isRoot) {
    assert.ok(fs.existsSync(path.join(dataDir, "data"))); // one's own folder need not move
    return;
  }
  const moved = fs.readFileSync(path.join(dataDir, "MOVED-TO"), "utf8").trim();
  folders.push(moved);
  assert.match(moved, /^\/var\/lib\/embedded-postgres\//);
  await using again = await startEmbeddedPostgres({ dataDir });
  assert.equal(again.url, server.url);
});

test("the server's account and address are private", async () => {
  const dataDir = newFolder();
  await using server = await startEmbeddedPostgres({ dataDir });
  const { uid } = fs.statSync(path.join(dataDir, "data"));
  assert.notEqual(uid, 0);
  assert.equal(fs.statSync(path.join(dataDir, "password")).mode & 0o077, 0);
  if (process.platform === "linux") {
    const environment = fs.readFileSync(`/proc/${serverOn(dataDir)}/environ`, "utf8").split("\0");
    assert.deepEqual(
      environment.filter((entry) => /^(HOME|TEST_|npm_|NODE_)/.test(entry)),
      [],
    );
  }
  const stranger = new URL(server.url);
  stranger.password = "wrong";
  await assert.rejects(query(stranger.href, "select 1"), /password authentication failed/);
  const [row] = await query(server.url, "show listen_addresses");
  assert.deepEqual(row, { listen_addresses: "127.0.0.1" });
});

function newFolder(owner?: { uid: number; gid: number }): string {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "countersign-embedded-"));
  folders.push(folder);
  fs.chmodSync(folder, 0o755);
  if (owner) fs.chownSync(folder, owner.uid, owner.gid);
  return folder;
}

type UserProcess = {
  url: string;
  adopted: boolean;
  stop(): Promise<unknown>;
  kill(): Promise<void>;
};

function forkProgram(dataDir: string, as?: { uid: number; gid: number }): ChildProcess {
  const child = fork(program, [dataDir, ...(as ? [`${as.uid}`, `${as.gid}`] : [])]);
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

async function startProcess(
  dataDir: string,
  as?: { uid: number; gid: number },
): Promise<UserProcess> {
  const child = forkProgram(dataDir, as);
  const [message] = await once(child, "message");
  if (message.error) throw new Error(message.error);
  return {
    url: message.url,
    adopted: message.adopted,
    async stop() {
      child.send("stop");
      const [{ ending }] = await once(child, "message");
      return ending;
    },
    async kill() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

function canRead(file: string, as?: { uid: number; gid: number }): boolean {
  return spawnSync("test", ["-r", file], { ...as, cwd: "/" }).status === 0;
}

function tells(act: string, folder: string) {
  return (error: Error) => {
    for (const part of [act, `"${folder}"`, "DATA_DIR", "DATABASE_URL"]) {
      assert.ok(error.message.includes(part), `${part} is missing in: ${error.message}`);
    }
    return true;
  };
}

function serverOn(dataDir: string): number | undefined {
  return findPostmaster(path.join(dataDir, "data"))?.pid;
}

function killServerOn(dataDir: string): void {
  const pid = serverOn(dataDir);
  assert.ok(pid);
  process.kill(pid, "SIGKILL");
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function eventually<T>(act: () => T | Promise<T>): Promise<T> {
  for (const deadline = Date.now() + 15_000; ; await sleep(20)) {
    try {
      return await act();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
