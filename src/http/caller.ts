import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { ApiKey } from "../config.ts";
import { RefusedError } from "../errors.ts";
import { type Actor, address, addressParts } from "../events.ts";
import type { Env } from "./env.ts";

export const SCOPES = ["runs", "approvals", "approvals:dashboard", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** Who calls: the name of an API key, or `local` where there are none. */
export type Caller = { key: string; scopes: ReadonlySet<string> };

const LOCAL: Caller = { key: "local", scopes: new Set(["runs", "approvals", "admin"]) };

/** Without keys everybody on loopback is `local`; with keys a request needs `Authorization: Bearer <key>`. */
export function authenticate(keys: ApiKey[]): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.set("caller", keys.length === 0 ? LOCAL : callerOf(c.req.header("authorization"), keys));
    await next();
  };
}

function callerOf(header: string | undefined, keys: ApiKey[]): Caller {
  const given = header?.match(/^Bearer ([\x21-\x7e]+)$/i)?.[1];
  if (given === undefined)
    throw new RefusedError("unauthorized", "An API key is needed: Authorization: Bearer <key>");
  const hash = createHash("sha256").update(given).digest();
  const key = keys.find((one) => timingSafeEqual(Buffer.from(one.hash, "hex"), hash));
  if (!key) throw new RefusedError("unauthorized", "The API key is not known");
  return { key: key.name, scopes: new Set(key.scopes) };
}

/** Lets only callers with the scope through. */
export function needs(scope: Scope): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { key, scopes } = c.get("caller");
    if (!scopes.has(scope))
      throw new RefusedError("forbidden", `The key "${key}" lacks the scope "${scope}"`);
    await next();
  };
}

/** The actor of a caller's user: users of different keys are different people. */
export function actorOf(caller: Caller, user: string): Actor {
  return address("api", `${caller.key}/${user}`);
}

/** What the actors of all of a caller's users begin with. */
export function actorPrefix(caller: Caller): string {
  return address("api", `${caller.key}/`);
}

/** The user's name as its API client knows it; another platform's actor as it is. */
export function userOf(actor: Actor): string {
  const [platform, who = ""] = addressParts(actor);
  return platform === "api" ? who.slice(who.indexOf("/") + 1) : actor;
}

/** Refuses, as if it were not there, what belongs to another key's users. `admin` sees all. */
export function refuseForeign(caller: Caller, owner: Actor, what: string): void {
  if (caller.scopes.has("admin") && caller.key !== LOCAL.key) return;
  if (!owner.startsWith(actorPrefix(caller)))
    throw new RefusedError("not_found", `There is no ${what}`);
}
