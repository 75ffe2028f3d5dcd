import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { RequestOptions } from "@modelcontextprotocol/sdk/shared/protocol.js";
import { ErrorCode, McpError, type Progress } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { type CallResult, callResult } from "./result-text.ts";

/** How long a task's result stays to be fetched after its time is over. */
const TASK_KEPT_MS = 60_000;
const MARGIN_MS = 5_000;

const taskCreated = z.looseObject({ task: z.looseObject({ taskId: z.string() }) });

export type Call = {
  tool: string;
  args: Record<string, unknown>;
  idempotencyKey: string;
  asTask: boolean;
  timeoutMs: number;
  /** Aborts when the call is cancelled or its time is over. */
  signal: AbortSignal;
  onProgress(progress: {
    done: number;
    total?: number | undefined;
    message?: string | undefined;
  }): void;
};

/**
 * Calls a tool over a client. Rejects with what the SDK throws, or with the signal's reason when it was aborted before.
 * Once the signal aborts, the server is told to cancel.
 */
export async function callTool(client: Client, call: Call): Promise<CallResult> {
  const { tool: name, args, idempotencyKey } = call;
  // The caller's signal ends the call in time; this only keeps the SDK from giving up after its own 60 s.
  const timeout = call.timeoutMs + MARGIN_MS;
  // Not the caller's own signal: the SDK never stops listening to it, and sends its reason to the server.
  const cancel = new AbortController();
  const onAbort = () => cancel.abort("the call was cancelled");
  call.signal.throwIfAborted();
  call.signal.addEventListener("abort", onAbort);
  try {
    const request = {
      method: "tools/call" as const,
      params: { name, arguments: args, _meta: { idempotencyKey } },
    };
    const options = {
      timeout,
      signal: cancel.signal,
      onprogress: ({ progress: done, total, message }: Progress) =>
        call.onProgress({ done, total, message }),
    };
    // Not client.callTool: it throws away the result of a tool that ran but breaks its own output schema.
    return call.asTask
      ? await runTask(client, request, { ...options, task: { ttl: timeout + TASK_KEPT_MS } }, call)
      : await client.request(request, callResult, options);
  } finally {
    call.signal.removeEventListener("abort", onAbort);
  }
}

/** Creates the task, looks at it as often as it asks to be looked at, fetches the result. */
async function runTask(
  client: Client,
  request: Parameters<Client["request"]>[0],
  options: RequestOptions & { signal: AbortSignal },
  call: Call,
): Promise<CallResult> {
  const { tasks } = client.experimental;
  const { taskId } = (await client.request(request, taskCreated, options)).task;
  const { timeout = 0, signal } = options;
  try {
    for (;;) {
      const {
        status,
        statusMessage,
        pollInterval = 1_000,
      } = await tasks.getTask(taskId, { timeout });
      call.onProgress({ done: 0, message: statusMessage ?? status });
      // We take part in nothing that a task may want to ask; its result says how it went on without.
      if (status === "completed" || status === "input_required")
        return await tasks.getTaskResult(taskId, callResult, { timeout, signal });
      if (status !== "working")
        throw new McpError(ErrorCode.InternalError, statusMessage ?? `the task ended as ${status}`);
      await delay(Math.min(Math.max(pollInterval, 100), 5_000), undefined, { signal });
    }
  } catch (error) {
    if (call.signal.aborted) await tasks.cancelTask(taskId, { timeout: MARGIN_MS }).catch(() => {});
    throw error;
  }
}
