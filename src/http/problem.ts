import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ZodError } from "zod";
import type { ProblemBody } from "../api.ts";
import { type ErrorCode, RefusedError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Env } from "./env.ts";

const STATUS: Record<ErrorCode, ContentfulStatusCode> = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  invalid: 422,
  too_many: 429,
  unavailable: 503,
};

/** Whatever a handler throws, as application/problem+json: our refusals in words, faults of ours without internals. */
export function problems(log: Log): ErrorHandler<Env> {
  return (error, c) => {
    if (error instanceof RefusedError)
      return problem(c, STATUS[error.code], error.code, error.message, error);
    if (error instanceof HTTPException) {
      // Hono's validator says 400 to a body that is no JSON; whatever is wrong with a body is 422 here.
      const status = (error.status === 400 ? 422 : error.status) as ContentfulStatusCode;
      return problem(c, status, "invalid", error.message || "The request can't be read");
    }
    log.error({ error, request: c.get("requestId"), path: c.req.path }, "a request failed");
    const away = isAway(error);
    return away
      ? problem(c, 503, "unavailable", "The database does not answer; try again in a moment")
      : problem(c, 500, "internal", "Something went wrong on our side");
  };
}

export const notFound: NotFoundHandler<Env> = (c) =>
  problem(c, 404, "not_found", `There is nothing at ${c.req.method} ${c.req.path}; see /docs`);

/** What zod found in a request: every field with what it should hold. */
export function invalidRequest(error: ZodError, where: string): RefusedError {
  const fields = error.issues.map((issue) => ({
    path: `/${issue.path.map(String).join("/")}`,
    message: issue.message,
  }));
  const words = fields.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return new RefusedError(
    "invalid",
    `The ${where === "json" ? "body" : where} is not right. ${words}`,
    { fields },
  );
}

function problem(
  c: Context<Env>,
  status: ContentfulStatusCode,
  code: string,
  detail: string,
  error?: RefusedError,
) {
  const body: ProblemBody & Record<string, unknown> = {
    ...error?.details,
    type: "about:blank",
    title: code.replaceAll("_", " "),
    status,
    detail,
    code,
    request_id: c.get("requestId") ?? "",
    ...(error?.fields.length && { errors: error.fields }),
  };
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  const wait = error?.details.retry_after_seconds;
  if (typeof wait === "number") headers["retry-after"] = String(wait);
  if (status === 401) headers["www-authenticate"] = "Bearer";
  return c.body(JSON.stringify(body), status, headers);
}

function isAway(error: unknown): boolean {
  const code = (error as { code?: unknown })?.code;
  return (
    typeof code === "string" &&
    /^(ECONNREFUSED|ECONNRESET|CONNECTION_|CONNECT_TIMEOUT|57P0|53|08)/.test(code)
  );
}
