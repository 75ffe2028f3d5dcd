import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";

export type Service = {
  url: string;
  /** Starts it again on the same data; gives the ms from the start of the process to ready. */
  restart(): Promise<number>;
  residentMb(): number;
  /** User and system CPU seconds of the process so far. */
  cpuSeconds(): number;
  sql: postgres.Sql;
} & AsyncDisposable;

const root = join(import.meta.dirname, "..");

/** `npm start` as it is, all in one on an embedded PostgreSQL of its own, its model a stand-in in a process of its own. */
export async function startService(env: Record<string, string> = {}): Promise<Service> {
  const dataDir = mkdtempSync(join(tmpdir(), "countersign-bench-"));
  chmodSync(dataDir, 0o755); // as root the server runs as another user, who has to reach it
  const model = fork(join(root, "bench/model.ts"));
  const [{ url: modelUrl }] = (await once(model, "message")) as [{ url: string }];
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess;

  async function start(): Promise<number> {
    const since = performance.now();
    child = spawn(
      process.execPath,
      [
        "--max-semi-space-size=16",
        "--heap-growing-percent=30",
        ...(process.env.BENCH_NODE_ARGS?.split(" ") ?? []),
        "workers/main.ts",
      ],
      {
        cwd: root,
        stdio: ["ignore", "ignore", "inherit"],
        env: {
          PATH: process.env.PATH ?? "",
          PORT: String(port),
          DATA_DIR: dataDir,
          MODEL: "openai:stand-in",
          OPENAI_API_KEY: "bench-key",
          OPENAI_BASE_URL: modelUrl,
          LOG_LEVEL: "warn",
          ...env,
        },
      },
    );
    for (;;) {
      const ready = await fetch(`${url}/ready`).then(
        (r) => r.ok,
        () => false,
      );
      if (ready) return performance.now() - since;
      if (performance.now() - since > 60_000) throw new Error("the service did not get ready");
      await sleep(10);
    }
  }

  async function stop(): Promise<void> {
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    await exit;
  }

  await start();
  const password = readFileSync(join(dataDir, "postgres/password"), "utf8").trim();
  const dbPort = readFileSync(join(dataDir, "postgres/data/postmaster.pid"), "utf8").split("\n")[3];
  const sql = postgres(`postgres://postgres:${password}@127.0.0.1:${dbPort}/countersign`, {
    max: 2,
  });
  const stat = () =>
    readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return {
    url,
    sql,
    async restart() {
      await stop();
      return start();
    },
    residentMb: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024,
    cpuSeconds: () => (Number(stat()[11]) + Number(stat()[12])) / 100,
    async [Symbol.asyncDispose]() {
      await sql.end();
      await stop();
      model.disconnect();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
