import { setTimeout as delay } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SseError } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { RequestOptions } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  ErrorCode,
  McpError,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { type Call, callTool } from "./call-tool.ts";
import type { CallResult } from "./result-text.ts";

const PING_MS = 5_000;
const PING_EVERY_MS = 60_000;
const GOODBYE_MS = 1_000;
const SETTLE_MS = 200;
const MAX_TOOLS = 1_000;

/** One connection to an MCP server, from its handshake until it is lost. */
export type Session = {
  /** Resolves with the reason once the connection is of no use any more. Never rejects. */
  lost: Promise<Error>;
  /** Says that it is lost, for a caller who found out. */
  lose(reason: Error): void;
  /** Rejects with the SDK's errors; with the signal's abort, the server is told to cancel. */
  call(call: Call): Promise<CallResult>;
} & AsyncDisposable;

// The SDK's own schema rejects the whole list for one bad tool.
const toolList = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().optional() });

/**
 * Shakes hands and lists the tools; `onTools` gets the list, raw, now and whenever it changes.
 * We offer the server nothing: no sampling, no elicitation, no roots.
 * Rejects when that is not done within `timeoutMs` or the signal aborts; nothing is left open then.
 */
export async function openSession(
  transport: Transport,
  options: { timeoutMs: number; signal: AbortSignal; onTools(tools: unknown[]): void },
): Promise<Session> {
  const client = new Client({ name: "countersign", version: "1" }, { capabilities: {} });
  const closing = new AbortController();
  const lost = Promise.withResolvers<Error>();
  const listing = { stale: false, running: undefined as Promise<void> | undefined };
  let calls = 0;

  client.onclose = () => lost.resolve(new Error("it closed the connection"));
  client.onerror = (error) => void probe(error);
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    void list(SETTLE_MS).catch(probe);
  });

  /** After an error of the transport, which may mean anything: is anybody still there? */
  let probing: Promise<void> | undefined;
  function probe(error: Error): Promise<void> {
    // The SDK reopens a lost event stream by itself, but to a server that does not know us.
    if (error instanceof SseError) lost.resolve(error);
    probing ??= ping(error).finally(() => {
      probing = undefined;
    });
    return probing;
  }
  async function ping(reason?: Error): Promise<void> {
    try {
      await client.ping({ timeout: PING_MS });
    } catch (error) {
      if (closing.signal.aborted) return;
      const code = error instanceof McpError ? error.code : undefined;
      // A server that works on a call may well be too busy to answer.
      const busy = code === ErrorCode.RequestTimeout && calls > 0;
      if (code !== ErrorCode.MethodNotFound && !busy) lost.resolve(reason ?? (error as Error));
    }
  }
  async function keepLooking(): Promise<void> {
    while (!closing.signal.aborted) {
      await delay(PING_EVERY_MS, undefined, { signal: closing.signal, ref: false }).catch(() => {});
      if (!closing.signal.aborted && calls === 0) await ping();
    }
  }

  /** One list at a time; a change that is announced meanwhile makes for another. */
  function list(afterMs = 0): Promise<void> {
    listing.stale = true;
    listing.running ??= (async () => {
      while (listing.stale) {
        await delay(afterMs);
        listing.stale = false;
        options.onTools(await listTools(client, { timeout: options.timeoutMs }));
        afterMs = SETTLE_MS;
      }
    })().finally(() => {
      listing.running = undefined;
    });
    return listing.running;
  }

  async function close(): Promise<void> {
    closing.abort();
    if (transport instanceof StreamableHTTPClientTransport)
      await Promise.race([
        transport.terminateSession().catch(() => {}),
        delay(GOODBYE_MS, undefined, { ref: false }),
      ]);
    await client.close().catch(() => {});
    await transport.close().catch(() => {}); // the client forgets a transport that failed to start
  }

  try {
    const opened = client.connect(transport, { timeout: options.timeoutMs }).then(() => list());
    await inTime(opened, options.timeoutMs, options.signal);
  } catch (error) {
    await close();
    throw error;
  }
  void keepLooking();
  return {
    lost: lost.promise,
    lose: (reason) => lost.resolve(reason),
    async call(call) {
      calls++;
      try {
        return await callTool(client, call);
      } finally {
        calls--;
      }
    },
    [Symbol.asyncDispose]: close,
  };
}

async function inTime(work: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const end = delay(ms, undefined, { signal: AbortSignal.any([signal, done.signal]) }).then(() => {
    throw new Error(`it did not answer within ${ms / 1000} s`);
  });
  try {
    await Promise.race([work, end]);
  } finally {
    done.abort();
    work.catch(() => {});
  }
}

async function listTools(client: Client, options: RequestOptions): Promise<unknown[]> {
  if (!client.getServerCapabilities()?.tools) return [];
  const tools: unknown[] = [];
  let cursor: string | undefined;
  do {
    const params = cursor === undefined ? {} : { cursor };
    const page = await client.request({ method: "tools/list", params }, toolList, options);
    tools.push(...page.tools);
    cursor = page.tools.length > 0 ? page.nextCursor : undefined;
  } while (cursor !== undefined && tools.length < MAX_TOOLS);
  return tools.slice(0, MAX_TOOLS);
}
