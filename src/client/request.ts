import type { z } from "zod";
import { problem } from "../api.ts";
import { ApiError, UnexpectedAnswerError, UnreachableError } from "./api-error.ts";

export type Fetch = typeof globalThis.fetch;

/** Where the server is and who asks. */
export type Connection = { url: string; apiKey: string | undefined; fetch: Fetch };

export type Ask = {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  /** Begins with "/"; ids in it are already encoded (`path` below). */
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
};

const TIMEOUT_MS = 30_000;

/** Asks and reads the answer as `schema`. Throws ApiError, UnreachableError, UnexpectedAnswerError. */
export async function ask<T extends z.ZodType>(
  connection: Connection,
  request: Ask,
  schema: T,
): Promise<z.infer<T>> {
  const response = await send(connection, withTimeout(request));
  const text = await textOf(connection, response);
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) throw new UnexpectedAnswerError(nameOf(request), parsed.error);
  return parsed.data;
}

/** Asks for something that is answered without a body. */
export async function tell(connection: Connection, request: Ask): Promise<void> {
  const response = await send(connection, withTimeout(request));
  await response.body?.cancel();
}

/** The answer as it comes, for streams; any status but 2xx is thrown as ApiError. */
export async function send(connection: Connection, request: Ask): Promise<Response> {
  const url = new URL(connection.url.replace(/\/+$/, "") + request.path);
  for (const [name, value] of Object.entries(request.query ?? {}))
    if (value !== undefined) url.searchParams.set(name, String(value));
  let response: Response;
  try {
    response = await connection.fetch(url, {
      method: request.method ?? "GET",
      headers: {
        accept: "application/json",
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        ...(connection.apiKey ? { authorization: `Bearer ${connection.apiKey}` } : {}),
        ...request.headers,
      },
      redirect: "error", // a key must not follow a redirect to another host
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.signal ? { signal: request.signal } : {}),
    });
  } catch (error) {
    throw new UnreachableError(connection.url, error);
  }
  if (response.ok) return response;
  throw await problemOf(connection, request, response);
}

/** A path from a template, its parts percent-encoded: path`/v1/runs/${id}`. */
export function path(texts: TemplateStringsArray, ...parts: string[]): string {
  return texts.reduce((sum, text, i) => `${sum}${encodeURIComponent(parts[i - 1] ?? "")}${text}`);
}

function withTimeout(request: Ask): Ask {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  return {
    ...request,
    signal: request.signal ? AbortSignal.any([request.signal, timeout]) : timeout,
  };
}

async function problemOf(
  connection: Connection,
  request: Ask,
  response: Response,
): Promise<ApiError> {
  const parsed = problem.safeParse(parseJson(await textOf(connection, response)));
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined;
  if (parsed.success) return new ApiError(parsed.data, retryAfterMs);
  return new ApiError(
    {
      type: "about:blank",
      title: response.statusText || `HTTP ${response.status}`,
      status: response.status,
      detail: `${nameOf(request)} was answered with HTTP ${response.status}`,
      code: "unexpected",
      request_id: response.headers.get("x-request-id") ?? "",
    },
    retryAfterMs,
  );
}

async function textOf(connection: Connection, response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw new UnreachableError(connection.url, error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nameOf(request: Ask): string {
  return `${request.method ?? "GET"} ${request.path}`;
}
