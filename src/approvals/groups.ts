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
      // Each group is expanded for itself too: what is wrong in it is said there.
      const found = (isHere: boolean, message: string) => {
        if (isHere) fault(["groups", name, at], message);
        return [];
      };
      const isHere = within.length === 0;
      if (!isWhole(who)) return found(isHere, `"${who}" is cut off at a %`);
      if (!who.startsWith("@")) return [canonical(who)];
      const inner = who.slice(1);
      if (!Object.hasOwn(config, inner)) return found(isHere, `there is no group ${who}`);
      const path = [...within, name];
      if (path.includes(inner)) return found(inner === path[0], `${who} holds itself`);
      return expand(inner, path);
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
