import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const support = import.meta.dirname;
const weather = path.join(support, "weather-server.ts");
const everything = path.resolve(
  support,
  "../../node_modules/@modelcontextprotocol/server-everything/dist/index.js",
);

/** An MCP server in a process of its own. Disposing kills it. */
export type McpProcess = { url: string; pid: number; kill(): Promise<void> } & AsyncDisposable;

/** Command and arguments for an entry of transport `stdio`. */
export const weatherOverStdio = { command: process.execPath, args: [weather] };
export const everythingOverStdio = { command: process.execPath, args: [everything, "stdio"] };

/** The weather server of the tests on loopback. With a key, its address is `…/sse?key=…`. */
export async function startWeather(
  transport: "sse" | "http",
  options: { port?: number; key?: string } = {},
): Promise<McpProcess> {
  const key = options.key === undefined ? [] : ["--key", options.key];
  const args = [weather, `--${transport}`, String(options.port ?? 0), ...key];
  const started = await start(args, {}, "stdout", /listening on (\S+)/);
  const query = options.key === undefined ? "" : `?key=${encodeURIComponent(options.key)}`;
  return { ...started, url: started.said + query };
}

/** The published reference server on loopback. */
export async function startEverything(
  transport: "sse" | "http",
  port?: number,
): Promise<McpProcess> {
  const at = port ?? (await freePort());
  const args = ["--import", path.join(support, "loopback-only.ts"), everything];
  const started = await start(
    [...args, transport === "sse" ? "sse" : "streamableHttp"],
    { PORT: String(at) },
    "stderr",
    /on port (\d+)/,
  );
  return { ...started, url: `http://127.0.0.1:${at}/${transport === "sse" ? "sse" : "mcp"}` };
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function start(
  args: string[],
  env: Record<string, string>,
  stream: "stdout" | "stderr",
  ready: RegExp,
): Promise<Omit<McpProcess, "url"> & { said: string }> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const gone = once(child, "exit");
  const lines: string[] = [];
  const said = Promise.withResolvers<string>();
  for (const name of ["stdout", "stderr"] as const)
    createInterface({ input: child[name] as Readable }).on("line", (line) => {
      lines.push(line);
      const found = name === stream && ready.exec(line);
      if (found) said.resolve(found[1] ?? "");
    });
  gone.then(() => said.reject(new Error(`The MCP server ended: ${lines.join("\n")}`)));
  const kill = async () => {
    child.kill("SIGKILL");
    await gone;
  };
  return { said: await said.promise, pid: child.pid ?? 0, kill, [Symbol.asyncDispose]: kill };
}
