import type { Actor, Language, Place, ReviewType, Tier } from "../events.ts";

/** What a policy may look at. */
export type PolicyInput = {
  tool: { name: string; tier: Tier; source: string; destructive: boolean };
  args: Record<string, unknown>;
  requester: Actor;
  place: Place;
  language: Language;
};

/** A rule as it is stored with an approval: it stays in force for that card whatever is configured later. */
export type Rule = {
  name: string;
  /** Who may decide. */
  approvers: { kind: "requester" };
  allowed: ReviewType[];
  expiresInMs: number;
};

export type PolicyRuling =
  | { kind: "run" }
  | { kind: "deny"; reason: string }
  | { kind: "ask"; reason: string; rule: Rule };

/** Pure: the same input gives the same ruling. */
export type Policy = (input: PolicyInput) => PolicyRuling;

const DAY_MS = 86_400_000;

const WORDS = {
  en: {
    ask: "This tool asks before it acts; the person who asked for it decides.",
    destructive: " Its MCP server says that it destroys or overwrites.",
    denied: (tier: string) =>
      `Tools of tier "${tier}" are denied until a policy names who approves them.`,
  },
  zh: {
    ask: "此工具在执行前需要确认，由发起请求的人决定。",
    destructive: "其 MCP 服务器声明该工具会删除或覆盖数据。",
    denied: (tier: string) => `在策略指定审批人之前，“${tier}”级别的工具一律拒绝执行。`,
  },
} as const;

/** In force where no policy is configured (approvals.md, "Built in"). */
export const builtInPolicy: Policy = ({ tool, language }) => {
  const words = WORDS[language];
  switch (tool.tier) {
    case "free":
      return { kind: "run" };
    case "ask":
      return {
        kind: "ask",
        reason: words.ask + (tool.destructive ? words.destructive : ""),
        rule: {
          name: "built-in: ask",
          approvers: { kind: "requester" },
          allowed: ["accept", "edit", "respond", "reject"],
          expiresInMs: DAY_MS,
        },
      };
    case "guarded":
    case "dashboard":
      return { kind: "deny", reason: words.denied(tool.tier) };
    default: {
      const never: never = tool.tier;
      return { kind: "deny", reason: String(never) };
    }
  }
};

/** Whether `actor` may decide under the rule that an approval was made with. What can't be resolved is a no. */
export function mayDecide(rule: Rule, actor: Actor, requester: Actor): boolean {
  return rule.approvers?.kind === "requester" && actor === requester;
}
