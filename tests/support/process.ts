import { spawn } from "node:child_process";
import { once } from "node:events";
import os from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { freePort } from "./mcp-process.ts";
import { until } from "./until.ts";

/** A program in a process of its own. Disposing kills it; it also ends when this process does. */
export type TestProcess = {
  pid: number;
  /** What it wrote to stdout and stderr up to now. */
  output(): string;
  /** Sends the signal (SIGKILL: nothing of it is left to run) and resolves once the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Its exit code, or the signal that ended it, once it is gone. */
  ended: Promise<number | NodeJS.Signals>;
} & AsyncDisposable;

export type WorkerProcess = TestProcess & {
  /** Where it listens: HTTP for `main` and `api`, health only for the others. */
  url: string;
  /** Its environment, port included: hand it to startWorker() again and it comes back at the same address. */
  env: Record<string, string>;
};

const root = path.resolve(import.meta.dirname, "../..");
const endWithParent = path.join(import.meta.dirname, "end-with-parent.ts");
const READY_MS = 30_000;

/**
 * Starts a program of ours, `workers/main.ts` for example. It sees only the environment that it is given, and no
 * `.env`: what is set on a developer's desk changes no test. With SHOW_LOGS its output is shown as it comes.
 */
export function startProgram(
  file: string,
  args: string[] = [],
  env: Record<string, string> = {},
): TestProcess {
  const child = spawn(
    process.execPath,
    ["--import", endWithParent, path.join(root, file), ...args],
    {
      cwd: os.tmpdir(),
      env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...env },
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  const written: string[] = [];
  for (const stream of [child.stdout, child.stderr] as Readable[])
    stream.setEncoding("utf8").on("data", (text: string) => {
      written.push(text);
      if (process.env.SHOW_LOGS) process.stderr.write(text);
    });
  const ended = once(child, "close").then(
    ([code, signal]) => (signal ?? code) as number | NodeJS.Signals,
  );
  const kill = async (signal: NodeJS.Signals = "SIGKILL") => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  return {
    pid: child.pid ?? 0,
    output: () => written.join(""),
    kill,
    ended,
    [Symbol.asyncDispose]: () => kill(),
  };
}

/**
 * Starts `workers/<name>.ts` on a free loopback port, or on the one in `env`, and waits until `/ready` answers 200.
 * Rejects with what the process wrote where it ends before that.
 */
export async function startWorker(
  name: "main" | "api" | "agent" | "janitor" | "delivery" | "gateway",
  given: Record<string, string>,
): Promise<WorkerProcess> {
  const variable = name === "main" || name === "api" ? "PORT" : "HEALTH_PORT";
  const port = given[variable] ?? String(await freePort());
  const env = { LOG_LEVEL: "warn", LANGUAGE: "zh", ...given, [variable]: port };
  await using starting = new AsyncDisposableStack();
  const started = starting.use(startProgram(`workers/${name}.ts`, [], env));
  const url = `http://127.0.0.1:${port}`;
  const gone = started.ended.then((how) => {
    throw new Error(`it ended with ${how}`);
  });
  const ready = until("it is ready", () => isReady(url), READY_MS);
  try {
    await Promise.race([ready, gone]);
  } catch (cause) {
    throw new Error(`workers/${name}.ts did not start:\n${started.output()}`, { cause });
  }
  starting.move();
  return { ...started, url, env };
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/ready`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok ?? false;
}
