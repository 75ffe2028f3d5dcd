import type { Place, Tier } from "../events.ts";
import type { CompiledRule } from "./compile-policy.ts";
import { conditionFault, type Facts } from "./condition.ts";
import { isNamed } from "./who.ts";

/** Whether a rule is about a call, or what keeps it from that. `unreadable`: its condition can't be evaluated. */
export type Match =
  | { kind: "matches" }
  | { kind: "differs"; by: Difference }
  | { kind: "unreadable"; why: string };

export type Difference =
  | { in: "tool" | "place" | "requester"; is: string; wanted: string[] }
  | { in: "tier"; is: Tier; wanted: Tier }
  | { in: "tainted"; is: boolean }
  | { in: "when"; text: string };

/** Pure. The condition comes last: it is evaluated only for calls that the rest of the rule is about. */
export function matchRule({ match }: Pick<CompiledRule, "match">, facts: Facts): Match {
  const { tool, place, requester, tier, tainted, when } = match;
  if (tool && !tool.some((name) => isNamed(facts.tool, name)))
    return differs({ in: "tool", is: facts.tool, wanted: tool });
  if (place && !place.some((name) => isWithin(facts.place, name)))
    return differs({ in: "place", is: facts.place, wanted: place });
  if (requester && !requester.some((name) => isNamed(facts.requester, name)))
    return differs({ in: "requester", is: facts.requester, wanted: requester });
  if (tier && tier !== facts.tier) return differs({ in: "tier", is: facts.tier, wanted: tier });
  if (tainted !== undefined && tainted !== facts.tainted)
    return differs({ in: "tainted", is: facts.tainted });
  if (!when) return { kind: "matches" };
  try {
    return when.holds(facts) ? { kind: "matches" } : differs({ in: "when", text: when.text });
  } catch (error) {
    return { kind: "unreadable", why: conditionFault(error) };
  }
}

function differs(by: Difference): Match {
  return { kind: "differs", by };
}

/** A channel's rule holds in its threads: a place is itself and everything beneath it. */
function isWithin(place: Place, pattern: string): boolean {
  return isNamed(place, pattern) || (!pattern.endsWith("*") && place.startsWith(`${pattern}:`));
}

/** The name of a tool in policies: an MCP tool is `server__tool`, whatever it is called in chat, so that no server can take another's. */
export function toolNameOf(tool: { name: string; source: string }): string {
  const server = tool.source.startsWith("mcp:") ? `${tool.source.slice(4)}__` : "";
  return tool.name.startsWith(server) ? tool.name : server + tool.name;
}
