import { type ServerType, serve } from "@hono/node-server";
import { Hono } from "hono";
import type { Config } from "../src/config.ts";
import { ConfigError } from "../src/errors.ts";
import { createApp } from "../src/http/app.ts";
import { type Check, healthRoutes } from "../src/http/health.ts";
import { openRateLimit } from "../src/ports/rate-limit.ts";
import { openFeed } from "../src/runs/follow-run.ts";
import type { OpenCore } from "./open-core.ts";

export type Api = { url: string } & AsyncDisposable;

/** Writing requests per API key in ten seconds, over all processes. */
const RATE = { points: 5_000, perSeconds: 10 };

/** Serves HTTP on HOST:PORT. Throws ConfigError for a port that is taken. */
export async function startApi(open: OpenCore, modelName: string, checks: Check[]): Promise<Api> {
  const { core } = open;
  const { HOST, PORT } = core.config;
  await using opening = new AsyncDisposableStack();
  const feed = opening.use(openFeed(core.announcements));
  const rateLimit = opening.use(await openRateLimit(limitIn(core), RATE));
  const app = createApp({ core, feed, rateLimit, checks, modelName });
  const server = await listen(app.fetch, HOST, PORT, "PORT");
  opening.defer(() => close(server));
  const stack = opening.move();
  const { port } = server.address() as { port: number };
  return {
    url: `http://${HOST.includes(":") ? `[${HOST}]` : HOST}:${port}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Without keys all requests are one caller's on this machine: not worth a query each. */
function limitIn({ config, sql }: OpenCore["core"]): Parameters<typeof openRateLimit>[0] {
  if (config.API_KEYS.length === 0) return "memory";
  return config.REDIS_URL === undefined ? { sql } : { redisUrl: config.REDIS_URL };
}

/** `/live` and `/ready` of a process that serves nothing else, on HOST:HEALTH_PORT. */
export async function startHealth(config: Config, checks: Check[]): Promise<AsyncDisposable> {
  const app = new Hono().route("/", healthRoutes(checks));
  const server = await listen(app.fetch, config.HOST, config.HEALTH_PORT, "HEALTH_PORT");
  return { [Symbol.asyncDispose]: () => close(server) };
}

/** What every process needs and can do without, for `/ready`. */
export function coreChecks({ core }: OpenCore): Check[] {
  return [
    { name: "database", required: true, run: async () => void (await core.sql`select 1`) },
    { name: "queue", required: false, run: () => core.queue.ping() },
    { name: "live_state", required: false, run: () => core.liveState.ping() },
    { name: "announcements", required: false, run: () => core.announcements.ping() },
    {
      name: "policies",
      required: false,
      async run() {
        const fault = core.policies.fault();
        if (fault !== undefined) throw new Error(`the last good policy is in force: ${fault}`);
      },
    },
  ];
}

/** Throws ConfigError where others could use the agent and no key keeps them out. */
export function refuseOpenWithoutKeys({ HOST, API_KEYS }: Config): void {
  const loopback = HOST === "localhost" || HOST === "::1" || /^127(\.\d{1,3}){3}$/.test(HOST);
  if (loopback || API_KEYS.length > 0) return;
  throw new ConfigError(
    `HOST holds "${HOST}", which others can reach, and API_KEYS is not set: anybody could use the agent. Set API_KEYS (npm run api-key makes one) or leave HOST at 127.0.0.1`,
  );
}

function listen(
  fetch: Parameters<typeof serve>[0]["fetch"],
  hostname: string,
  port: number,
  variable: string,
): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname, port }, () => resolve(server));
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? "another program listens there"
          : error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND"
            ? "this machine has no such address"
            : error.message;
      reject(new ConfigError(`Cannot listen on ${hostname}:${port} (HOST, ${variable}): ${why}`));
    });
  });
}

async function close(server: ServerType): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  if ("closeAllConnections" in server)
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
  await closed;
}
