import { canonical } from "./who.ts";

/**
 * The groups of a policy with addresses in place of names and no group within a group. Faults: a group that there
 * is not, one that holds itself, a broken `%`.
 */
export function expandGroups(
  config: Record<string, string[]>,
  fault: (path: PropertyKey[], message: string) => void,
): Record<string, string[]> {
  function expand(name: string, within: string[]): string[] {
    return (config[name] ?? []).flatMap((who, at) => {
      const found = (message: string) => {
        if (within.length === 0) fault(["groups", name, at], message);
        return [];
      };
      if (!who.startsWith("@"))
        return isWhole(who) ? [canonical(who)] : found(`"${who}" is cut off at a %`);
      const inner = who.slice(1);
      if (!Object.hasOwn(config, inner)) return found(`there is no group ${who}`);
      if (inner === name || within.includes(inner)) return found(`${who} holds itself`);
      return expand(inner, [...within, name]);
    });
  }
  return Object.fromEntries(
    Object.keys(config).map((name) => [name, [...new Set(expand(name, []))]]),
  );
}

/** Whether every `%` of a name begins an escape. */
export function isWhole(name: string): boolean {
  try {
    canonical(name);
    return true;
  } catch {
    return false;
  }
}
