import type { Fault } from "../config-file.ts";
import { ConfigError, messageOf } from "../errors.ts";
import type { Tier } from "../events.ts";
import type { PolicyConfig, RuleConfig } from "../policy-schema.ts";
import { type Condition, ConditionError, compileCondition } from "./condition.ts";
import { expandGroups, isWhole } from "./groups.ts";
import type { LadderStep, QuietHours } from "./rule.ts";
import { ruleFaults } from "./rule-faults.ts";
import { canonical, canonicalPlace, membersOf } from "./who.ts";

/** A configured rule whose condition is parsed, whose names are addresses, whose ladder is in order. */
export type CompiledRule = Pick<RuleConfig, "name" | "effect" | "quorum" | "allow" | "grants"> & {
  match: {
    tool?: string[];
    place?: string[];
    /** Actors, groups resolved. */
    requester?: string[];
    tainted?: boolean;
    tier?: Tier;
    when?: Condition;
  };
  tier?: Tier;
  /** Undefined: the policy names none. */
  approvers?: string[];
  excludeRequester?: boolean;
  oneRejectionEnds: boolean;
  ladder: LadderStep[];
  expiresInMs: number;
  askIn: string;
  /** Those that approvers and ladder name, by name without `@`. */
  groups: Record<string, string[]>;
  /** The administrator's words for the card. */
  reason?: string;
};

/** A policy that is ready to rule. Made once, at start and at each reload. */
export type CompiledPolicy = {
  /** In the order of the file: the first that matches rules. */
  rules: CompiledRule[];
  quietHours?: QuietHours;
  taint: { trusted: string[]; clearsAfterMs?: number; raisesTo: Tier };
};

/** Throws ConfigError with everything that is wrong, each with its path. */
export function compilePolicy(config: PolicyConfig): CompiledPolicy {
  const { policy, faults } = compile(config);
  if (faults.length === 0) return policy;
  const words = faults.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new ConfigError(words.join("\n"));
}

/** What is wrong with the policies of a file that its schema can't tell, by path: for `readConfig`. */
export function policyFaults({ policies }: { policies?: PolicyConfig | undefined }): Fault[] {
  return policies === undefined ? [] : compile(policies).faults;
}

function compile(config: PolicyConfig): { policy: CompiledPolicy; faults: Fault[] } {
  const faults: Fault[] = [];
  const fault = (path: PropertyKey[], message: string) => {
    faults.push({ path: ["policies", ...path], message });
  };
  const groups = expandGroups(config.groups, fault);
  const rules = config.rules.map((rule, at) => {
    const found = (path: PropertyKey[], message: string) => fault(["rules", at, ...path], message);
    if (config.rules.findIndex(({ name }) => name === rule.name) < at)
      found(["name"], `"${rule.name}" is the name of an earlier rule`);
    ruleFaults(rule, groups, found);
    return compileRule(rule, groups, found);
  });
  const quiet = config.quiet_hours;
  if (quiet && !isTimeZone(quiet.time_zone))
    fault(["quiet_hours", "time_zone"], "should be a time zone: Europe/Berlin");
  if (quiet && quiet.from === quiet.to)
    fault(["quiet_hours", "to"], "should be another time than `from`");
  const { trusted, clears_after, raises_to } = config.taint;
  const policy: CompiledPolicy = {
    rules,
    ...(quiet && {
      quietHours: {
        from: quiet.from,
        to: quiet.to,
        timeZone: quiet.time_zone,
        ...(quiet.days && { days: quiet.days }),
      },
    }),
    taint: {
      trusted,
      raisesTo: raises_to,
      ...(clears_after !== undefined && { clearsAfterMs: clears_after }),
    },
  };
  return { policy, faults };
}

type Groups = Record<string, string[]>;

function compileRule(
  rule: RuleConfig,
  groups: Groups,
  fault: (path: PropertyKey[], message: string) => void,
): CompiledRule {
  const { tool, place, requester, when, tainted, tier } = rule.match;
  const ladder = rule.ladder.map(toRung).sort((one, other) => one.afterMs - other.afterMs);
  const ends = ladder.filter(({ kind }) => kind === "expire").map(({ afterMs }) => afterMs);
  const named = [...(rule.approvers ?? []), ...ladder.flatMap(({ to }) => to)];
  const condition = when === undefined ? undefined : conditionOf(when, fault);
  return {
    name: rule.name,
    effect: rule.effect,
    match: {
      ...(tool !== undefined && { tool: [tool].flat() }),
      ...(place !== undefined && { place: [place].flat().map(asPlace) }),
      ...(requester !== undefined && {
        requester: [requester].flat().flatMap((who) => membersOf(groups, who) ?? [asAddress(who)]),
      }),
      ...(tainted !== undefined && { tainted }),
      ...(tier && { tier }),
      ...(condition && { when: condition }),
    },
    ...(rule.tier && { tier: rule.tier }),
    ...(rule.approvers && { approvers: rule.approvers.map(asAddress) }),
    quorum: rule.quorum,
    ...(rule.exclude_requester !== undefined && { excludeRequester: rule.exclude_requester }),
    allow: rule.allow,
    oneRejectionEnds: rule.one_rejection_ends,
    ladder,
    expiresInMs: Math.min(rule.expires_after, ...ends),
    askIn: asPlace(rule.ask_in),
    grants: rule.grants,
    groups: Object.fromEntries(
      named
        .filter((who) => who.startsWith("@"))
        .map((who) => [who.slice(1), membersOf(groups, who) ?? []]),
    ),
    ...(rule.reason !== undefined && { reason: rule.reason }),
  };
}

function conditionOf(
  text: string,
  fault: (path: PropertyKey[], message: string) => void,
): Condition | undefined {
  try {
    return compileCondition(text);
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    fault(["match", "when"], messageOf(error));
    return undefined;
  }
}

function toRung(step: RuleConfig["ladder"][number]): LadderStep {
  const afterMs = step.after;
  if ("remind" in step) return { afterMs, kind: "remind", to: step.remind.map(asAddress) };
  if ("escalate" in step) return { afterMs, kind: "escalate", to: step.escalate.map(asAddress) };
  return { afterMs, kind: "expire", to: [] };
}

/** As addresses are written; what can't be one is a fault that is found elsewhere. */
function asAddress(name: string): string {
  return isWhole(name) ? canonical(name) : name;
}

function asPlace(name: string): string {
  return isWhole(name) ? canonicalPlace(name) : name;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions() !== undefined;
  } catch {
    return false;
  }
}
