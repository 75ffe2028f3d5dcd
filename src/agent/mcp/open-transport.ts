import { homedir } from "node:os";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { McpServerConfig } from "../../config-file.ts";
import type { Resolve } from "./address-guard.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import { untrustedText } from "./untrusted-text.ts";

const MAX_STDERR_LINE = 500;
const MAX_STDERR_LINES = 200;

export type TransportOptions = {
  /** Where commands are looked for; the folder of this Node comes after it. */
  path: string;
  /** A line that a stdio server wrote to stderr. */
  onStderr(line: string): void;
  resolve?: Resolve;
};

export type OpenedTransport = {
  transport: Transport;
  /** The process of a stdio server, once it is started. */
  pid(): number | null;
} & AsyncDisposable;

/** Makes the transport of an entry, not yet started. Disposing frees what is beneath it, once the transport is closed. */
export function openTransport(entry: McpServerConfig, options: TransportOptions): OpenedTransport {
  if (entry.transport === "stdio") {
    const transport = stdio(entry, options);
    return { transport, pid: () => transport.pid, [Symbol.asyncDispose]: async () => {} };
  }
  const guarded = guardedFetch(
    { url: entry.url, allowPrivate: entry.allow_private },
    {
      // A server that does not stream sends headers only with the result.
      headersTimeoutMs: entry.timeout_seconds * 1000 + 5_000,
      ...(options.resolve && { resolve: options.resolve }),
    },
  );
  const Remote = entry.transport === "http" ? StreamableHTTPClientTransport : SSEClientTransport;
  const transport = new Remote(new URL(entry.url), {
    fetch: guarded.fetch,
    requestInit: { headers: { "user-agent": "countersign", ...entry.headers } },
  });
  // The SDK's class has `sessionId?: string | undefined`, its interface `sessionId?: string`.
  return { ...guarded, transport: transport as Transport, pid: () => null };
}

function stdio(
  entry: McpServerConfig & { transport: "stdio" },
  { path, onStderr }: TransportOptions,
): StdioClientTransport {
  const transport = new StdioClientTransport({
    command: entry.command,
    args: entry.args,
    env: { ...minimalEnv(path), ...entry.env },
    stderr: "pipe",
    ...(entry.cwd !== undefined && { cwd: entry.cwd }),
  });
  let lines = 0;
  if (transport.stderr)
    createInterface({ input: transport.stderr as Readable }).on("line", (line) => {
      lines++;
      if (lines <= MAX_STDERR_LINES) onStderr(untrustedText(line, MAX_STDERR_LINE));
      if (lines === MAX_STDERR_LINES) onStderr("(what it writes from here on is not logged)");
    });
  return transport;
}

/** All that a child learns of our environment. */
function minimalEnv(path: string): Record<string, string> {
  const env: Record<string, string | undefined> = {
    PATH: `${path}:${dirname(process.execPath)}`,
    HOME: home(),
    LANG: "C.UTF-8",
    // The SDK passes these on by itself; undefined takes them out again.
    LOGNAME: undefined,
    SHELL: undefined,
    TERM: undefined,
    USER: undefined,
  };
  return env as Record<string, string>;
}

function home(): string {
  try {
    return homedir();
  } catch {
    return "/"; // HOME is unset, and the user is in no list
  }
}
