import type { DecideBody } from "../api.ts";

/** Consent to calls like the one that is accepted, as the API takes it. */
export type GrantRequest = NonNullable<Extract<DecideBody, { type: "accept" }>["grant"]>;

const SECONDS = { m: 60, h: 3_600, d: 86_400 } as const;

/**
 * `1h`, `10m 3 uses`, `1d place fixed amount,to`: how long, then in any order how often, where and which arguments
 * must stay as they are. What is not said: as often as wanted, in this session, all of them.
 */
export function parseGrant(text: string): GrantRequest | undefined {
  const [, count, unit, rest = ""] = /^(\d{1,4})\s*([mhd])(?:\s+(.*))?$/is.exec(text.trim()) ?? [];
  if (count === undefined || unit === undefined || Number(count) < 1) return undefined;
  const seconds = Number(count) * SECONDS[unit.toLowerCase() as keyof typeof SECONDS];
  const grant: GrantRequest = { scope: "session", expires_in_seconds: seconds };
  for (let left = rest.trim(); left !== ""; ) {
    const [part, uses, scope, fixed] =
      /^(?:(\d{1,4})\s+uses?|(session|place)|fixed\s+(\S+))(?:\s+|$)/i.exec(left) ?? [];
    if (part === undefined) return undefined;
    if (uses !== undefined) grant.uses = Number(uses);
    if (scope !== undefined) grant.scope = scope.toLowerCase() as GrantRequest["scope"];
    if (fixed !== undefined) grant.fixed = fixed === "none" ? [] : fixed.split(",").filter(Boolean);
    left = left.slice(part.length);
  }
  return grant;
}
