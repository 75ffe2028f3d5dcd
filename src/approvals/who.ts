import { type Actor, address, type Place } from "../events.ts";

/**
 * Somebody that a policy names, as addresses are written: `api:ops/alice` becomes `api:ops%2Falice`. What is no
 * address (`requester`, `members`, `@finance`, `scope:approvals`) stays. Throws URIError on a broken `%`.
 */
export function canonical(name: string): string {
  const [kind = "", ...rest] = name.split(":");
  if (rest.length === 0 || kind === "scope") return name;
  const parts = kind === "api" ? [rest.join(":")] : rest;
  return address(kind, ...parts.map(decodeURIComponent));
}

/** A place, or the beginning of one, as addresses are written. Throws URIError on a broken `%`. */
export function canonicalPlace(name: string): Place {
  return address(...name.split(":").map(decodeURIComponent));
}

/** The members of `@group`; undefined for whatever is none, or is not among `groups`. */
export function membersOf(groups: Record<string, string[]>, who: string): string[] | undefined {
  const name = who.slice(1);
  return who.startsWith("@") && Object.hasOwn(groups, name) ? groups[name] : undefined;
}

/** The platform that an actor or place is of, or the kind of a group. */
export function platformOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf(":")));
}

/** Whether a name is one person: nobody has to be asked who that is. */
export function isActor(name: string): name is Actor {
  return ["slack", "discord", "api"].includes(platformOf(name));
}

/** Whether a name is what a pattern says: the same, or begins so where the pattern ends in `*`. */
export function isNamed(name: string, pattern: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
