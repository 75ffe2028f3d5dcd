import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { RefusedError } from "../errors.ts";
import type { RateLimit } from "../ports/rate-limit.ts";
import type { Env } from "./env.ts";

/** A text of a million characters of any script fits, with its JSON escapes. */
const MAX_BODY = 8 * 1024 * 1024;

export const limitBody = bodyLimit({
  maxSize: MAX_BODY,
  onError: () => {
    throw new RefusedError("too_large", `The body is larger than ${MAX_BODY} bytes`);
  },
});

/** So many writing requests per key, over all processes. */
export function limitRate(limit: RateLimit): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (c.req.method !== "GET" && c.req.method !== "HEAD") {
      const { allowed, retryAfterMs } = await limit.take(c.get("caller").key);
      if (!allowed) {
        const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
        throw new RefusedError("too_many", `Too many requests; try again in ${seconds} s`, {
          details: { retry_after_seconds: seconds },
        });
      }
    }
    await next();
  };
}
