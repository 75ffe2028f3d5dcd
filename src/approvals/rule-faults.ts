import { TIERS } from "../events.ts";
import type { RuleConfig } from "../policy-schema.ts";
import { isWhole } from "./groups.ts";
import { isGuarded } from "./tiers.ts";
import { isActor, membersOf } from "./who.ts";

const MOST_MS = 365 * 86_400_000;

type Fault = (path: PropertyKey[], message: string) => void;
type Groups = Record<string, string[]>;

/** What is wrong with a rule that its schema can't tell: what contradicts itself, or nobody could ever fulfil. */
export function ruleFaults(rule: RuleConfig, groups: Groups, fault: Fault): void {
  tierFaults(rule, fault);
  requesterFaults(rule, groups, fault);
  approverFaults(rule, groups, fault);
  ladderFaults(rule, groups, fault);
  if (!["place", "approvers"].includes(rule.ask_in) && !isAddress(rule.ask_in))
    fault(["ask_in"], "should be place, approvers or a place: slack:T1:C1");
  for (const [at, place] of [rule.match.place ?? []].flat().entries())
    if (place !== "*" && !isAddress(place))
      fault(indexed(["match", "place"], rule.match.place, at), "should be a place: slack:T1:C1");
}

function tierFaults(rule: RuleConfig, fault: Fault): void {
  const from = rule.match.tier;
  const to = rule.tier;
  if (from && to && TIERS.indexOf(to) < TIERS.indexOf(from))
    fault(["tier"], `can't lower ${from} to ${to}`);
  if (rule.effect === "run" && from && isGuarded(from))
    fault(["match", "tier"], `${from} calls never run unasked`);
  if (rule.effect === "run" && to && to !== "free")
    fault(["tier"], "a rule that runs calls can't raise their tier");
  const guarded = (from && isGuarded(from)) || (to && isGuarded(to));
  if (rule.effect === "ask" && guarded && !rule.approvers)
    fault([], "names no approvers; guarded calls need some");
}

/** Who asks is known by name only: a platform's groups are looked up at a decision, not at a request. */
function requesterFaults(rule: RuleConfig, groups: Groups, fault: Fault): void {
  for (const [at, who] of [rule.match.requester ?? []].flat().entries()) {
    const members = who.startsWith("@") ? membersOf(groups, who) : [who];
    const path = indexed(["match", "requester"], rule.match.requester, at);
    if (!members) fault(path, `there is no group ${who}`);
    else if (!members.every((one) => one === "*" || (isActor(one) && isWhole(one))))
      fault(path, "should be actors (slack:T1:U1, api:ops/*) or a group of actors");
  }
}

function approverFaults(rule: RuleConfig, groups: Groups, fault: Fault): void {
  nameFaults(["approvers"], rule.approvers ?? [], groups, fault);
  const escalated = rule.ladder.flatMap((step) => ("escalate" in step ? step.escalate : []));
  const named = [...(rule.approvers ?? ["requester"]), ...escalated];
  const people = new Set(named.flatMap((who) => membersOf(groups, who) ?? [who]));
  if (rule.exclude_requester) people.delete("requester");
  // Whoever else there is, is known at the decision only.
  const known = [...people].every((who) => who === "requester" || isActor(who));
  if (known && people.size < rule.quorum)
    fault(["quorum"], `needs ${rule.quorum} people and names ${people.size}`);
}

function ladderFaults(rule: RuleConfig, groups: Groups, fault: Fault): void {
  const ends = rule.ladder.flatMap((step) => ("expire" in step ? [step.after] : []));
  const end = Math.min(rule.expires_after, ...ends);
  if (end === 0 || end > MOST_MS) fault(["expires_after"], "should be between 1s and 365d");
  for (const [at, step] of rule.ladder.entries()) {
    if (!("expire" in step) && step.after >= end)
      fault(["ladder", at, "after"], "comes when the request has expired");
    if ("remind" in step) nameFaults(["ladder", at, "remind"], step.remind, groups, fault);
    if ("escalate" in step) nameFaults(["ladder", at, "escalate"], step.escalate, groups, fault);
  }
  if (ends.length > 1) fault(["ladder"], "expires more than once");
}

function nameFaults(path: PropertyKey[], names: string[], groups: Groups, fault: Fault): void {
  for (const [at, who] of names.entries()) {
    if (who.startsWith("@") && !membersOf(groups, who))
      fault([...path, at], `there is no group ${who}`);
    if (!isWhole(who)) fault([...path, at], `"${who}" is cut off at a %`);
    if (who.endsWith("*")) fault([...path, at], `"${who}" is nobody; name each, or a group`);
  }
}

function isAddress(name: string): boolean {
  return /^[a-z]+:.+$/.test(name) && isWhole(name);
}

function indexed(path: PropertyKey[], value: unknown, at: number): PropertyKey[] {
  return Array.isArray(value) ? [...path, at] : path;
}
