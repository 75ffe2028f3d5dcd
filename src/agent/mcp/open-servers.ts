import { setTimeout as delay } from "node:timers/promises";
import type { McpServerConfig, ToolEntry } from "../../config-file.ts";
import type { Tool } from "../tool.ts";
import type { Resolve } from "./address-guard.ts";
import { keepConnected, type Log, type McpStatus } from "./connection.ts";
import { standingOf, toTool } from "./to-tool.ts";
import { uniqueNames } from "./unique-names.ts";

/** The MCP servers of the configuration. Disposing disconnects and ends what they started. */
export type McpServers = {
  /** The tools of all servers as they stand now. A server that went away keeps its tools: calling one says that it is down. */
  tools(): Tool[];
  /** In the order of the configuration. */
  status(): McpStatus[];
  /** Calls back after tools or a status changed. */
  onChange(listener: () => void): Disposable;
} & AsyncDisposable;

export type McpOptions = {
  log: Log;
  /** Its abort disconnects as disposing does. */
  signal?: AbortSignal;
  /** For one attempt to connect and list the tools. */
  connectTimeoutMs?: number;
  /** How long the first attempts are waited for; they go on in the background. */
  startWaitMs?: number;
  /** What the configuration says of single tools, by name. An MCP tool's own name is `server__tool` there. */
  overrides?: Record<string, ToolEntry>;
  /** Names that are taken, by our own tools. */
  reserved?: readonly string[];
  /** Where the commands of stdio servers are looked for, as in PATH. */
  path?: string;
  /** How host names are looked up. */
  resolve?: Resolve;
};

/**
 * Connects to every server and resolves when each has been tried, at the latest after `startWaitMs`.
 * Never rejects for a server that is down: it is reported, and tried again for as long as this lives.
 */
export async function openMcpServers(
  servers: Record<string, McpServerConfig>,
  options: McpOptions,
): Promise<McpServers> {
  const { overrides = {}, reserved = [], connectTimeoutMs = 15_000, startWaitMs = 2_000 } = options;
  const listeners = new Set<() => void>();
  let tools: Tool[] | undefined;

  const connections = Object.entries(servers).map(([name, entry]) =>
    keepConnected(name, entry, {
      log: options.log,
      connectTimeoutMs,
      path: options.path ?? "/usr/local/bin:/usr/bin:/bin",
      ...(options.resolve && { resolve: options.resolve }),
      onChange() {
        tools = undefined;
        for (const listener of listeners) listener();
      },
    }),
  );

  function allTools(): Tool[] {
    const offered = connections.flatMap((connection) =>
      connection.tools().map((listed) => {
        const from = { server: connection.name, tool: listed.name };
        return {
          from,
          listed,
          connection,
          standing: standingOf(from, connection.entry, overrides),
        };
      }),
    );
    // Disabled tools keep their names, so that disabling one renames no other.
    const names = uniqueNames(
      offered.map(({ from }) => from),
      reserved,
    );
    return offered.flatMap(({ listed, standing, connection }, at) =>
      standing.enabled ? [toTool(names[at] ?? "", listed, standing, connection)] : [],
    );
  }

  let closing: Promise<unknown> | undefined;
  function close(): Promise<unknown> {
    closing ??= Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
    return closing;
  }
  const onAbort = () => void close();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  if (options.signal?.aborted) onAbort();

  const enough = new AbortController();
  const wait = delay(startWaitMs, undefined, { signal: enough.signal }).catch(() => {});
  await Promise.race([Promise.all(connections.map(({ tried }) => tried)), wait]);
  enough.abort();

  return {
    tools() {
      tools ??= allTools();
      return tools;
    },
    status: () => connections.map((connection) => connection.status()),
    onChange(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    async [Symbol.asyncDispose]() {
      options.signal?.removeEventListener("abort", onAbort);
      await close();
    },
  };
}
