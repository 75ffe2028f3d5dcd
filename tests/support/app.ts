import { createApp } from "#src/http/app.ts";
import { openRateLimit } from "#src/ports/rate-limit.ts";
import type { Core } from "#src/runs/core.ts";
import { openFeed } from "#src/runs/follow-run.ts";

export type TestApp = {
  /** A request as it comes in over loopback; the answer's status and body. */
  send(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
} & AsyncDisposable;

/** The HTTP side over a core, without a socket. */
export async function testApp(core: Core): Promise<TestApp> {
  const feed = openFeed(core.announcements);
  const rateLimit = await openRateLimit({ sql: core.sql }, { points: 1_000_000, perSeconds: 10 });
  const app = createApp({ core, feed, rateLimit, checks: [], modelName: "demo" });
  return {
    async send(method, path, body) {
      const response = await app.request(`http://127.0.0.1${path}`, {
        method,
        headers: {
          host: "127.0.0.1",
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
    },
    async [Symbol.asyncDispose]() {
      feed[Symbol.dispose]();
      await rateLimit[Symbol.asyncDispose]();
    },
  };
}
