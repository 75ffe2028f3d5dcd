import type { MiddlewareHandler } from "hono";
import { RefusedError } from "../errors.ts";
import type { Env } from "./env.ts";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Without keys the only guard is the loopback address, so a web page must not be able to use a visitor's browser:
 * only a loopback Host (DNS rebinding), no foreign Origin, and only JSON, which no form can send.
 */
export const loopbackOnly: MiddlewareHandler<Env> = async (c, next) => {
  const host = c.req.header("host") ?? "";
  if (!LOOPBACK.test(host))
    throw new RefusedError(
      "forbidden",
      `Without API_KEYS only a loopback Host is served, this is ${JSON.stringify(host)}`,
    );
  const origin = c.req.header("origin");
  if (origin !== undefined && origin !== `http://${host}`)
    throw new RefusedError(
      "forbidden",
      `Without API_KEYS no foreign Origin is served, this is ${JSON.stringify(origin)}`,
    );
  await next();
};

/** Bodies are JSON, said so, with or without keys. */
export const jsonOnly: MiddlewareHandler<Env> = async (c, next) => {
  const carries = c.req.method !== "GET" && c.req.method !== "HEAD" && hasBody(c.req.raw);
  const type = c.req.header("content-type") ?? "";
  if (carries && !/^application\/json\s*(;|$)/i.test(type))
    throw new RefusedError("invalid", "The body should be application/json");
  await next();
};

function hasBody(request: Request): boolean {
  return (
    request.headers.has("transfer-encoding") ||
    Number(request.headers.get("content-length") ?? 0) > 0
  );
}
