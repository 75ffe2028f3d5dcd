import type { LookupFunction } from "node:net";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import ipaddr from "ipaddr.js";
import { Agent, fetch as undiciFetch } from "undici";
import { RefusedError } from "../../errors.ts";
import { type Resolve, resolveAll, safeAddresses } from "./address-guard.ts";
import { boundedBody } from "./bounded-body.ts";

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const WITHOUT_BODY = new Set([204, 205, 304]);

export type GuardedFetch = { fetch: FetchLike } & AsyncDisposable;

/**
 * A `fetch` that reaches one origin and nothing else: the one that the administrator's entry names.
 *
 * - https only, unless `allowPrivate`.
 * - Every connection looks the name up, checks all its addresses, and goes to a checked one, in one
 *   step: a name that answers differently the next time gains nothing.
 * - Redirects are followed here, at most five, each checked like the first address. As none leaves
 *   the origin, neither do headers. What is not a GET follows only 307 and 308.
 *
 * Throws RefusedError `forbidden` naming the address and the rule. Errors show origin and path,
 * never a query, a header or what stands before an `@`.
 */
export function guardedFetch(
  entry: { url: string; allowPrivate: boolean },
  options: { resolve?: Resolve; headersTimeoutMs?: number } = {},
): GuardedFetch {
  const home = checkedUrl(entry.url, entry.allowPrivate);
  const resolve = options.resolve ?? resolveAll;
  const agent = new Agent({
    connect: { lookup: pinnedLookup(entry.allowPrivate, resolve) },
    headersTimeout: options.headersTimeoutMs ?? 0,
    bodyTimeout: 0, // an event stream may be silent for hours
  });

  async function guarded(to: string | URL, init: RequestInit = {}): Promise<Response> {
    const method = (init.method ?? "GET").toUpperCase();
    let url = within(home, to, entry.allowPrivate);
    for (let followed = 0; ; followed++) {
      // A literal address never reaches the lookup below.
      if (isLiteral(url.hostname)) await safeAddresses(url.hostname, entry.allowPrivate, resolve);
      const response = await send(url, init, method);
      const location = REDIRECTS.has(response.status) && response.headers.get("location");
      if (!location) return response;
      await response.body?.cancel();
      if (followed === MAX_REDIRECTS)
        throw refused(url, `redirects more than ${MAX_REDIRECTS} times`);
      if (method !== "GET" && response.status < 307)
        throw refused(url, `answers a ${method} with the redirect ${response.status}`);
      url = within(home, new URL(location, url), entry.allowPrivate);
    }
  }

  async function send(url: URL, init: RequestInit, method: string): Promise<Response> {
    const response = await undiciFetch(url, {
      method,
      headers: [...new Headers(init.headers)],
      body: (init.body ?? null) as string | null,
      signal: init.signal ?? null,
      redirect: "manual",
      dispatcher: agent,
    }).catch((error: unknown) => {
      throw rootOf(error);
    });
    const { body, status, statusText } = response;
    return new Response(
      body && !WITHOUT_BODY.has(status)
        ? boundedBody(body as ReadableStream<Uint8Array>, response.headers.get("content-type"))
        : null,
      { status, statusText, headers: [...response.headers] },
    );
  }

  return { fetch: guarded, [Symbol.asyncDispose]: () => agent.destroy() };
}

/** Origin and path: what of a URL may be shown. */
function shown(url: URL): string {
  return url.origin + url.pathname;
}

function checkedUrl(text: string, allowPrivate: boolean): URL {
  const url = URL.parse(text);
  if (!url) throw new RefusedError("invalid", "The url of an MCP server is not a URL");
  if (url.protocol !== "https:" && !(allowPrivate && url.protocol === "http:"))
    throw refused(url, "is not https, and allow_private is not set");
  if (url.username || url.password)
    throw refused(url, "holds a user name or a password, which belong into headers");
  return url;
}

function within(home: URL, to: string | URL, allowPrivate: boolean): URL {
  const url = checkedUrl(String(to), allowPrivate);
  if (url.origin !== home.origin)
    throw refused(url, `is outside ${home.origin}, the only origin that the entry allows`);
  return url;
}

function refused(url: URL, why: string): RefusedError {
  return new RefusedError("forbidden", `${shown(url)} ${why}`);
}

function isLiteral(hostname: string): boolean {
  return hostname.startsWith("[") || ipaddr.isValid(hostname);
}

function pinnedLookup(allowPrivate: boolean, resolve: Resolve): LookupFunction {
  return (hostname, options, done) => {
    safeAddresses(hostname, allowPrivate, resolve).then(
      (addresses) => {
        const found = addresses.map((address) => ({
          address,
          family: ipaddr.parse(address).kind() === "ipv4" ? 4 : 6,
        }));
        const [first] = found;
        if (options.all || !first) done(null, found);
        else done(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, []),
    );
  };
}

/** undici says "fetch failed"; what happened, our own refusal included, is the cause of that. */
function rootOf(error: unknown): unknown {
  if (error instanceof RefusedError) return error;
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  return error instanceof Error && error.cause instanceof Error ? rootOf(error.cause) : error;
}
