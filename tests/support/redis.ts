import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { findRedis, type RedisBinary } from "./redis-binary.ts";
import { claimRedisDatabase } from "./redis-given.ts";

export type TestRedis = {
  url: string;
  /** Deletes everything, as a Redis that lost its memory would. */
  flushAll(): Promise<void>;
  /** Ends the server at once, as `kill -9` does. Only for a server of our own. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty; kills it first if it runs. Only for a server of our own. */
  restart(): Promise<void>;
} & AsyncDisposable;

/**
 * An empty Redis for one test or test file: with TEST_REDIS_URL a database number of that server,
 * else ownRedis(). Rejects with an Error that says how to get a Redis where there is none.
 */
export async function testRedis(): Promise<TestRedis> {
  const given = process.env.TEST_REDIS_URL;
  return given ? claimRedisDatabase(given) : ownRedis();
}

/** A server of its own on a free loopback port, which keeps nothing on disk and may be killed. */
export async function ownRedis(): Promise<TestRedis> {
  const binary = await findRedis();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "countersign-redis-"));
  let server = await startOnFreePort(binary, folder);
  const url = `redis://127.0.0.1:${server.port}`;
  return {
    url,
    async flushAll() {
      const redis = new Redis(url, { maxRetriesPerRequest: 1 });
      await redis.flushall();
      redis.disconnect();
    },
    kill: () => server.kill(),
    async restart() {
      await server.kill();
      server = await start(binary, folder, server.port);
    },
    async [Symbol.asyncDispose]() {
      await server.kill();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Server = { port: number; kill(): Promise<void> };

async function startOnFreePort(binary: RedisBinary, folder: string): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(binary, folder, await freePort());
    } catch (error) {
      if (attempt === 5) throw error; // somebody may have taken the port in between, but not each time
    }
  }
}

/**
 * The shell in between kills the server when its standard input ends: in kill(), and by the system
 * when this process dies in any way, so that no server is left behind.
 */
async function start(binary: RedisBinary, folder: string, port: number): Promise<Server> {
  const guard = '"$@" & server=$!; exec >&-; read -r _; kill -9 "$server"; wait "$server"';
  const options = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  const child = spawn(
    "/bin/sh",
    ["-c", guard, "redis-guard", binary.file, ...options, "--appendonly", "no"],
    { env: binary.env, stdio: ["pipe", "pipe", "ignore"], detached: true },
  );
  const exited = once(child, "exit");
  const kill = async () => {
    child.stdin.end();
    await exited;
  };
  if (await saysReady(child)) return { port, kill };
  await kill();
  throw new Error(`redis-server did not start on port ${port}`);
}

async function saysReady(child: ChildProcess): Promise<boolean> {
  if (!child.stdout) return false;
  for await (const line of createInterface(child.stdout)) {
    if (!line.includes("Ready to accept connections")) continue;
    child.stdout.resume();
    return true;
  }
  return false;
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
