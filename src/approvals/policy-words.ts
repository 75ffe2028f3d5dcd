import type { Language, Tier } from "../events.ts";
import type { Rule } from "./rule.ts";

/** What people and models read of a ruling. */
export const POLICY_WORDS = {
  en: {
    noRule: (tier: Tier) =>
      tier === "guarded" || tier === "dashboard"
        ? `Tools of tier "${tier}" are denied until a policy names who approves them.`
        : "No rule of the policy is about this call, so it is denied.",
    unreadable: (rule: string, why: string) =>
      `The condition of the rule "${rule}" can't be evaluated for this call (${why}), so it is denied.`,
    denied: (rule: string) => `The rule "${rule}" denies it.`,
    neverRuns: (rule: string, tier: Tier) =>
      `The rule "${rule}" runs calls unasked, which is not done with tier "${tier}", so it is denied.`,
    noApprovers: (rule: string, tier: Tier) =>
      `The rule "${rule}" names no approvers, which tier "${tier}" needs, so it is denied.`,
    destructive: "Its MCP server says that it destroys or overwrites.",
    lifted: (from: Tier, to: Tier, taint: string[]) =>
      `Treated as "${to}" instead of "${from}", as the conversation holds what ${taint.join(", ")} brought in.`,
    taintAsks: (rule: string, taint: string[]) =>
      `Asked although the rule "${rule}" lets it run, as the conversation holds what ${taint.join(", ")} brought in.`,
    requesterDecides: "This tool asks before it acts; the person who asked for it decides.",
    requester: "the person who asked for it",
    members: "members of this place",
    or: " or ",
    decides: (who: string, quorum: number) =>
      quorum === 1 ? `To be decided by ${who}.` : `Needs ${quorum} of ${who}.`,
    excluded: "The person who asked for it may not decide.",
  },
  zh: {
    noRule: (tier: Tier) =>
      tier === "guarded" || tier === "dashboard"
        ? `在策略指定审批人之前，“${tier}”级别的工具一律拒绝执行。`
        : "策略中没有适用于此调用的规则，因此拒绝执行。",
    unreadable: (rule: string, why: string) =>
      `规则“${rule}”的条件无法用于此调用（${why}），因此拒绝执行。`,
    denied: (rule: string) => `规则“${rule}”拒绝此调用。`,
    neverRuns: (rule: string, tier: Tier) =>
      `规则“${rule}”会不经确认直接执行，而“${tier}”级别不允许这样做，因此拒绝执行。`,
    noApprovers: (rule: string, tier: Tier) =>
      `规则“${rule}”没有指定审批人，而“${tier}”级别必须指定，因此拒绝执行。`,
    destructive: "其 MCP 服务器声明该工具会删除或覆盖数据。",
    lifted: (from: Tier, to: Tier, taint: string[]) =>
      `由于对话中含有来自 ${taint.join("、")} 的内容，级别由“${from}”提高为“${to}”。`,
    taintAsks: (rule: string, taint: string[]) =>
      `规则“${rule}”允许直接执行，但对话中含有来自 ${taint.join("、")} 的内容，因此仍需确认。`,
    requesterDecides: "此工具在执行前需要确认，由发起请求的人决定。",
    requester: "发起请求的人",
    members: "此处的成员",
    or: "或",
    decides: (who: string, quorum: number) =>
      quorum === 1 ? `由${who}决定。` : `需要${who}中的 ${quorum} 人同意。`,
    excluded: "发起请求的人不能参与决定。",
  },
} as const;

/** Who decides under a rule, in a sentence for the card. */
export function whoDecides(rule: Rule, language: Language): string {
  const words = POLICY_WORDS[language];
  if (rule.approvers.join() === "requester") return words.requesterDecides;
  const who = rule.approvers
    .map((name) => (name === "requester" || name === "members" ? words[name] : name))
    .join(words.or);
  const excluded = rule.excludeRequester ? words.excluded : "";
  return [words.decides(who, rule.quorum), excluded]
    .filter(Boolean)
    .join(language === "zh" ? "" : " ");
}
