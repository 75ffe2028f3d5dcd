import { setTimeout as delay } from "node:timers/promises";
import type { McpServerConfig } from "../../config-file.ts";
import { messageOf } from "../../errors.ts";
import type { Resolve } from "./address-guard.ts";
import { isSessionGone, McpCallError, toCallError } from "./call-error.ts";
import type { Call } from "./call-tool.ts";
import { type LeftOut, type ListedTool, readListed } from "./listed-tool.ts";
import { openTransport } from "./open-transport.ts";
import type { CallResult } from "./result-text.ts";
import { redactor } from "./secrets.ts";
import { openSession, type Session } from "./session.ts";
import { untrustedText } from "./untrusted-text.ts";

/** What of a logger is used here; pino fits. */
export type Log = {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
};

export type McpStatus = {
  name: string;
  state: "connected" | "down";
  tools: number;
  /** Why it is down. */
  error?: string;
  /** Tools that it lists and we don't offer. */
  leftOut?: LeftOut[];
};

/** One MCP server, connected again whenever it went away, until disposed. */
export type Connection = {
  readonly name: string;
  readonly entry: McpServerConfig;
  /** Resolves when the first attempt has ended, well or not. */
  readonly tried: Promise<void>;
  /** What it listed last, while it is down too: a call then says what is the matter. */
  tools(): readonly ListedTool[];
  status(): McpStatus;
  /** Rejects with McpCallError, or with the reason of the call's signal. */
  call(call: Call): Promise<CallResult>;
} & AsyncDisposable;

export type ConnectionOptions = {
  log: Log;
  connectTimeoutMs: number;
  path: string;
  resolve?: Resolve;
  onChange(): void;
};

const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;
/** A connection that held this long was a good one: the next attempt after it comes soon. */
const GOOD_AFTER_MS = 30_000;
/** How long a call waits for a server that is just being tried again. */
const CALL_WAIT_MS = 5_000;

/** Keeps a connection to the server from now on, in the background. */
export function keepConnected(
  name: string,
  entry: McpServerConfig,
  options: ConnectionOptions,
): Connection {
  const { log } = options;
  const redact = redactor(entry);
  const ended = new AbortController();
  const tried = Promise.withResolvers<void>();
  let wake = new AbortController();
  let session: Session | undefined;
  let next = Promise.withResolvers<Session | undefined>();
  let known: { raw: string; tools: ListedTool[]; leftOut: LeftOut[] } = {
    raw: "",
    tools: [],
    leftOut: [],
  };
  let fault: string | undefined = "it is not connected yet";

  const words = (error: unknown) => untrustedText(redact(messageOf(error)), 500);

  function takeTools(listed: unknown[]): void {
    const raw = JSON.stringify(listed);
    if (raw === known.raw) return;
    known = { raw, ...readListed(listed) };
    for (const { tool, reason } of known.leftOut)
      log.warn({ server: name, tool }, `An MCP tool is left out: ${redact(reason)}`);
    if (session) options.onChange();
  }

  async function live(): Promise<void> {
    for (let failures = 0; !ended.signal.aborted; failures++) {
      const began = performance.now();
      const { reason, connected } = await connectOnce();
      if (ended.signal.aborted) break;
      const changed = fault !== reason;
      fault = reason;
      if (changed) log.warn({ server: name }, `The MCP server "${name}" is down: ${reason}`);
      tried.resolve();
      if (!connected) tell(undefined);
      if (changed) options.onChange();
      if (performance.now() - began > GOOD_AFTER_MS + options.connectTimeoutMs) failures = 0;
      await pause(failures);
    }
    tried.resolve();
    tell(undefined);
  }

  /** Tells the calls that wait how the attempt went. */
  function tell(outcome: Session | undefined): void {
    next.resolve(outcome);
    next = Promise.withResolvers();
  }

  /** Connects, and stays until the connection is lost or can't be had. Returns why. */
  async function connectOnce(): Promise<{ reason: string; connected: boolean }> {
    await using stack = new AsyncDisposableStack();
    try {
      const opened = stack.use(
        openTransport(entry, {
          ...options,
          onStderr: (line) =>
            log.info({ server: name, stderr: redact(line) }, "An MCP server wrote"),
        }),
      );
      const { connectTimeoutMs: timeoutMs } = options;
      const fresh = stack.use(
        await openSession(opened.transport, {
          timeoutMs,
          signal: ended.signal,
          onTools: takeTools,
        }),
      );
      session = fresh;
      fault = undefined;
      log.info(
        { server: name, tools: known.tools.length, pid: opened.pid() ?? undefined },
        `The MCP server "${name}" is connected`,
      );
      tried.resolve();
      tell(fresh);
      options.onChange();
      const onEnd = () => fresh.lose(new Error("we are shutting down"));
      ended.signal.addEventListener("abort", onEnd, { once: true });
      const reason = await fresh.lost;
      ended.signal.removeEventListener("abort", onEnd);
      return { reason: words(reason), connected: true };
    } catch (error) {
      return { reason: words(error), connected: false };
    } finally {
      session = undefined;
    }
  }

  /** The time between attempts doubles up to a minute, less up to a fifth of it; a call ends it. */
  async function pause(failures: number): Promise<void> {
    const ms = Math.min(FIRST_BACKOFF_MS * 2 ** failures, MAX_BACKOFF_MS);
    const signal = AbortSignal.any([wake.signal, ended.signal]);
    await delay(ms * (1 - Math.random() / 5), undefined, { signal, ref: false }).catch(() => {});
    wake = new AbortController();
  }

  /** The session that there is, or else what the next attempt brings, which is made at once. */
  async function reach(call: Call, gone?: Session): Promise<Session> {
    if (session && session !== gone) return session;
    wake.abort();
    const waited = new AbortController();
    const signal = AbortSignal.any([waited.signal, call.signal]);
    const late = delay(CALL_WAIT_MS, undefined, { signal });
    try {
      const found = await Promise.race([next.promise, late]);
      if (found) return found;
    } catch (error) {
      call.signal.throwIfAborted();
      throw error;
    } finally {
      waited.abort();
      late.catch(() => {});
    }
    throw new McpCallError(
      "not_run",
      `The MCP server "${name}" is down (${fault}). "${call.tool}" was not run.`,
    );
  }

  async function call(asked: Call): Promise<CallResult> {
    const first = await reach(asked);
    try {
      return await first.call(asked);
    } catch (error) {
      if (asked.signal.aborted || !isSessionGone(error)) throw worded(error, asked);
      first.lose(error as Error);
    }
    // It forgot us, as a server that was started anew does, so nothing ran. Once more.
    const second = await reach(asked, first);
    try {
      return await second.call(asked);
    } catch (error) {
      throw worded(error, asked);
    }
  }

  function worded(error: unknown, asked: Call): unknown {
    if (asked.signal.aborted) return asked.signal.reason;
    return toCallError(error, { server: name, tool: asked.tool, why: words(error) });
  }

  const living = live();
  return {
    name,
    entry,
    tried: tried.promise,
    tools: () => known.tools,
    status: () => ({
      name,
      state: session ? "connected" : "down",
      tools: known.tools.length,
      ...(!session && fault !== undefined && { error: fault }),
      ...(known.leftOut.length > 0 && { leftOut: known.leftOut }),
    }),
    call,
    async [Symbol.asyncDispose]() {
      ended.abort();
      await living;
    },
  };
}
