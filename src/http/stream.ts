import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Core } from "../runs/core.ts";
import { type Feed, followRun } from "../runs/follow-run.ts";

const PING_MS = 15_000;

/**
 * A run as server-sent events. Journal rows carry their sequence number as `id`, so that a client resumes by
 * Last-Event-ID; live text carries none. Where nothing follows (the run has ended, or was deleted) comes `end`.
 */
export function streamRun(
  c: Context,
  core: Core,
  feed: Feed,
  runId: string,
  after: number,
): Response {
  const response = streamSSE(c, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const ping = setInterval(() => {
      stream.write(": ping\n\n").catch(() => gone.abort());
    }, PING_MS);
    try {
      for await (const entry of followRun(core, feed, runId, after, gone.signal)) {
        if ("seq" in entry) {
          const { event, seq, at } = entry;
          await stream.writeSSE({
            id: String(seq),
            event: event.type,
            data: JSON.stringify({ at, ...event }),
          });
        } else {
          const { message, from, text } = entry;
          await stream.writeSSE({
            event: "live.delta",
            data: JSON.stringify({ message, from, text }),
          });
        }
      }
      if (!gone.signal.aborted) await stream.writeSSE({ event: "end", data: "{}" });
    } finally {
      clearInterval(ping);
    }
  });
  response.headers.set("cache-control", "no-store");
  response.headers.set("x-accel-buffering", "no");
  return response;
}
