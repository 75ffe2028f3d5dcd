import type { Language, Tier } from "../events.ts";
import { BUILT_IN } from "./built-in.ts";
import type { CompiledPolicy } from "./compile-policy.ts";
import type { Difference, Match } from "./match-rule.ts";
import type { PolicyInput, PolicyRuling } from "./rule.ts";
import { weigh } from "./rule-for.ts";

export type Explanation = {
  /** Every rule in its order; `why` in the language of the input. */
  rules: { name: string; matched: boolean; why: string }[];
  ruling: PolicyRuling;
  /** As which the call was matched. */
  tier: Tier;
  /** The untrusted sources that count. */
  taint: string[];
};

/** Which rule a call would meet, and why, for `/v1/policies/explain` and the terminal. Undefined: the built-in rules. */
export function explain(policy: CompiledPolicy = BUILT_IN, input: PolicyInput): Explanation {
  const words = WORDS[input.language];
  const { ruling, tier, taint, tried } = weigh(policy, input);
  const rules = policy.rules.map(({ name }, at) => {
    const match = tried[at]?.match;
    return {
      name,
      matched: match?.kind === "matches",
      why: match ? whyOf(match, input.language) : words.notReached,
    };
  });
  return { rules, ruling, tier, taint };
}

function whyOf(match: Match, language: Language): string {
  const words = WORDS[language];
  switch (match.kind) {
    case "matches":
      return words.matches;
    case "unreadable":
      return words.unreadable(match.why);
    case "differs":
      return differenceWords(match.by, language);
    default: {
      const never: never = match;
      return never;
    }
  }
}

function differenceWords(by: Difference, language: Language): string {
  const words = WORDS[language];
  switch (by.in) {
    case "tainted":
      return by.is ? words.tainted : words.untainted;
    case "when":
      return words.when(by.text);
    case "tier":
      return words.is(words.names.tier, by.is, by.wanted);
    default:
      return words.is(words.names[by.in], by.is, by.wanted.join(words.or));
  }
}

const WORDS = {
  en: {
    matches: "the first rule that matches: it rules",
    notReached: "not looked at: an earlier rule ruled",
    unreadable: (why: string) => `its condition can't be evaluated: ${why}`,
    tainted: "for calls that are not tainted; this one is",
    untainted: "for tainted calls; this one is not",
    when: (text: string) => `its condition does not hold: ${text}`,
    is: (what: string, is: string, wanted: string) => `${what} is ${is}, not ${wanted}`,
    names: {
      tool: "the tool",
      place: "the place",
      requester: "the requester",
      tier: "the tier",
    },
    or: " or ",
  },
  zh: {
    matches: "第一条匹配的规则，由它裁定",
    notReached: "未检查：前面的规则已裁定",
    unreadable: (why: string) => `条件无法计算：${why}`,
    tainted: "只适用于未受污染的调用，而此调用已受污染",
    untainted: "只适用于受污染的调用，而此调用未受污染",
    when: (text: string) => `条件不成立：${text}`,
    is: (what: string, is: string, wanted: string) => `${what}是 ${is}，而不是 ${wanted}`,
    names: { tool: "工具", place: "位置", requester: "发起人", tier: "级别" },
    or: " 或 ",
  },
} as const;
