import type { Tier } from "../events.ts";
import { BUILT_IN } from "./built-in.ts";
import type { CompiledPolicy, CompiledRule } from "./compile-policy.ts";
import type { Facts } from "./condition.ts";
import { type Match, matchRule, toolNameOf } from "./match-rule.ts";
import { POLICY_WORDS, whoDecides } from "./policy-words.ts";
import type { PolicyInput, PolicyRuling, Rule } from "./rule.ts";
import { isGuarded, strictest } from "./tiers.ts";
import { isNamed } from "./who.ts";

/** A ruling and how it came about. */
export type Weighed = {
  ruling: PolicyRuling;
  /** As which the call was matched: its tool's tier, lifted by taint and by what its MCP server says of it. */
  tier: Tier;
  /** The sources that count: those that the policy trusts are not among them. */
  taint: string[];
  /** The rules in their order, up to the one that ruled. */
  tried: { rule: CompiledRule; match: Match }[];
};

type Tried = Weighed["tried"];
type Found = { tier: Tier; tried: Tried };

/**
 * What becomes of a call. Pure: the same policy and input give the same ruling. Undefined: the built-in rules.
 *
 * The first rule that matches rules; where none does, or the condition of one that would come first can't be
 * evaluated, the call is denied. Taint lifts the tier before rules are matched, a rule may lift it further, nothing
 * lowers it. A tainted call never runs unasked, nor does a guarded one.
 */
export function rule(policy: CompiledPolicy | undefined, input: PolicyInput): PolicyRuling {
  return weigh(policy, input).ruling;
}

/** The same, with what `explain` tells of it. */
export function weigh(policy: CompiledPolicy = BUILT_IN, input: PolicyInput): Weighed {
  const taint = input.taint.filter(
    (source) => !policy.taint.trusted.some((name) => isNamed(source, name)),
  );
  const own = liftedByTaint(policy, input.tool.tier, taint);
  const at = (tier: Tier, sources: string[]): Found => ({
    tier,
    tried: tryRules(policy, factsOf(input, sources, tier)),
  });
  // Also as it would be without taint: or else taint could take the call out of reach of the rule for guarded.
  const isLifted =
    input.tool.destructive &&
    own === "ask" &&
    [taint, []].some((sources) => isForGuarded(at("guarded", sources)));
  const found = at(isLifted ? "guarded" : own, taint);
  return { ruling: rulingOf(policy, input, taint, found), taint, ...found };
}

function liftedByTaint(policy: CompiledPolicy, tier: Tier, taint: string[]): Tier {
  return taint.length > 0 ? strictest(tier, policy.taint.raisesTo) : tier;
}

function factsOf(input: PolicyInput, taint: string[], tier: Tier): Facts {
  return {
    args: input.args,
    tool: toolNameOf(input.tool),
    tier,
    requester: input.requester,
    place: input.place,
    tainted: taint.length > 0,
    taint,
    at: input.at,
  };
}

function tryRules(policy: CompiledPolicy, facts: Facts): Tried {
  const tried: Tried = [];
  for (const rule of policy.rules) {
    const match = matchRule(rule, facts);
    tried.push({ rule, match });
    if (match.kind !== "differs") break;
  }
  return tried;
}

/** Whether what was found is a policy for guarded calls, and not merely the rule for all that is left. */
function isForGuarded({ tried }: Found): boolean {
  const last = tried.at(-1);
  if (!last || last.match.kind === "differs") return false;
  const { rule, match } = last;
  return (
    match.kind === "unreadable" ||
    rule.match.tier === "guarded" ||
    (rule.effect === "ask" && rule.approvers !== undefined)
  );
}

function rulingOf(
  policy: CompiledPolicy,
  input: PolicyInput,
  taint: string[],
  { tier, tried }: Found,
): PolicyRuling {
  const words = POLICY_WORDS[input.language];
  const last = tried.at(-1);
  if (!last || last.match.kind === "differs")
    return { kind: "deny", tier, ruleName: null, reason: words.noRule(tier) };
  const { rule, match } = last;
  const deny = (reason: string): PolicyRuling => ({
    kind: "deny",
    tier: strictest(tier, rule.tier ?? tier),
    ruleName: rule.name,
    reason,
  });
  if (match.kind === "unreadable") return deny(words.unreadable(rule.name, match.why));
  if (rule.effect === "deny") return deny(rule.reason ?? words.denied(rule.name));
  const lifted = strictest(tier, rule.tier ?? tier);
  const unasked = rule.effect === "run" && taint.length === 0 && !needsAsking(input, tier);
  if (rule.effect === "run" && isGuarded(lifted)) return deny(words.neverRuns(rule.name, lifted));
  if (unasked) return { kind: "run", tier: lifted, ruleName: rule.name };
  if (isGuarded(lifted) && !rule.approvers) return deny(words.noApprovers(rule.name, lifted));
  return ask(policy, input, taint, rule, strictest(lifted, "ask"));
}

/** A rule may run what its MCP server calls destructive only where the administrator lists the tool as free. */
function needsAsking({ tool }: PolicyInput, tier: Tier): boolean {
  return tool.destructive && tier !== "free";
}

function ask(
  policy: CompiledPolicy,
  input: PolicyInput,
  taint: string[],
  compiled: CompiledRule,
  tier: Tier,
): PolicyRuling {
  const words = POLICY_WORDS[input.language];
  const rule = storedRule(policy, compiled, tier);
  const lifted = liftedByTaint(policy, input.tool.tier, taint);
  const reason = [
    compiled.reason ?? whoDecides(rule, input.language),
    input.tool.destructive ? words.destructive : "",
    lifted === input.tool.tier ? "" : words.lifted(input.tool.tier, lifted, taint),
    compiled.effect === "run" && taint.length > 0 ? words.taintAsks(compiled.name, taint) : "",
  ];
  const joined = reason.filter(Boolean).join(input.language === "zh" ? "" : " ");
  return { kind: "ask", tier, reason: joined, rule };
}

/** The rule as it is kept with the approval. */
function storedRule(policy: CompiledPolicy, compiled: CompiledRule, tier: Tier): Rule {
  const { name, quorum, allow, oneRejectionEnds, ladder, expiresInMs, askIn, groups } = compiled;
  const approvers = compiled.approvers ?? ["requester"];
  return {
    name,
    approvers,
    groups,
    quorum,
    excludeRequester:
      compiled.excludeRequester ?? (isGuarded(tier) && !approvers.includes("requester")),
    allowed: allow,
    oneRejectionEnds,
    ladder,
    ...(policy.quietHours && { quietHours: policy.quietHours }),
    expiresInMs,
    askIn,
    grants: compiled.grants && !isGuarded(tier),
  };
}
