import { RunCheckpointer } from "#db/checkpointer.ts";
import type { McpServers } from "../src/agent/mcp/open-servers.ts";
import { type NamedModel, openModels } from "../src/agent/models/open-models.ts";
import type { Tool } from "../src/agent/tool.ts";
import type { Config } from "../src/config.ts";
import type { Check } from "../src/http/health.ts";
import type { Log } from "../src/log.ts";
import type { WorkerCore } from "../src/runs/core.ts";
import { execute } from "../src/runs/execute.ts";
import type { OpenCore } from "./open-core.ts";

export type AgentWorker = {
  models: NamedModel[];
  /** Whether its MCP servers are there, for `/ready`. */
  checks(): Check[];
  mcp(): { name: string; state: "connected" | "down"; tools: number; error?: string }[];
} & AsyncDisposable;

/** How long runs that execute may go on after SIGTERM before they are left to another worker. */
const DRAIN_MS = 10_000;

/** Executes runs in this process until disposed of: takes no new ones, lets those under way come to a step's end. */
export async function startAgent(open: OpenCore): Promise<AgentWorker> {
  const { core } = open;
  const { config, log } = core;
  await using opening = new AsyncDisposableStack();
  const cache = new Map<string, Promise<NamedModel[]>>();
  const models = (spec = config.MODEL): Promise<NamedModel[]> => {
    const key = spec ?? "";
    const known = cache.get(key) ?? openModels(spec, config);
    cache.set(key, known);
    return known;
  };
  const first = await models();
  const own = core.tools();
  const servers = opening.use(await openServers(config, log, [...own.keys()]));
  let tools: ReadonlyMap<string, Tool> = withMcp();
  opening.use(
    servers.onChange(() => {
      tools = withMcp();
    }),
  );
  function withMcp(): ReadonlyMap<string, Tool> {
    return new Map([...own, ...servers.tools().map((tool) => [tool.name, tool] as const)]);
  }

  const worker: WorkerCore = {
    ...core,
    holder: open.holder,
    checkpointer: new RunCheckpointer(core.sql),
    models,
    tools: () => tools,
  };
  const draining = new AbortController();
  const working = await core.queue.work(
    async (job) => {
      await execute(worker, String(job.data.runId), draining.signal);
    },
    {
      concurrency: config.WORKER_CONCURRENCY,
      onError: (error) =>
        log.error({ error }, "a job failed; its run is recovered when its lease is over"),
    },
  );
  opening.defer(async () => {
    draining.abort();
    await working.drain(DRAIN_MS);
  });
  const stack = opening.move();
  return {
    models: first,
    mcp: () => servers.status(),
    checks: () =>
      Object.keys(config.file.mcp).map((name) => ({
        name: `mcp:${name}`,
        required: false,
        async run() {
          const status = servers.status().find((server) => server.name === name);
          if (status?.state !== "connected") throw new Error(status?.error ?? "is down");
        },
      })),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const NO_SERVERS: McpServers = {
  tools: () => [],
  status: () => [],
  onChange: () => ({ [Symbol.dispose]() {} }),
  async [Symbol.asyncDispose]() {},
};

/** The MCP client is imported only where there are servers: it costs 210 ms and 54 MB. */
async function openServers(config: Config, log: Log, reserved: string[]): Promise<McpServers> {
  if (Object.keys(config.file.mcp).length === 0) return NO_SERVERS;
  const { openMcpServers } = await import("../src/agent/mcp/open-servers.ts");
  return openMcpServers(config.file.mcp, { log, overrides: config.file.tools, reserved });
}
