import { TIERS, type Tier } from "../events.ts";

export function strictest(one: Tier, other: Tier): Tier {
  return TIERS.indexOf(one) > TIERS.indexOf(other) ? one : other;
}

/** Guarded or above: never run unasked, never granted, and not decided by who asked unless a policy says so. */
export function isGuarded(tier: Tier): boolean {
  return TIERS.indexOf(tier) >= TIERS.indexOf("guarded");
}
