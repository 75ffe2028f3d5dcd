import type { PolicyInput, PolicyRuling } from "./rule.ts";

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
export const builtInPolicy = ({ tool, language }: PolicyInput): PolicyRuling => {
  const words = WORDS[language];
  switch (tool.tier) {
    case "free":
      return { kind: "run", tier: "free", ruleName: "built-in: free" };
    case "ask":
      return {
        kind: "ask",
        tier: tool.tier,
        reason: words.ask + (tool.destructive ? words.destructive : ""),
        rule: {
          name: "built-in: ask",
          approvers: ["requester"],
          groups: {},
          quorum: 1,
          excludeRequester: false,
          allowed: ["accept", "edit", "respond", "reject"],
          oneRejectionEnds: true,
          ladder: [],
          expiresInMs: DAY_MS,
          askIn: "place",
          grants: true,
        },
      };
    case "guarded":
    case "dashboard":
      return { kind: "deny", tier: tool.tier, ruleName: null, reason: words.denied(tool.tier) };
    default: {
      const never: never = tool.tier;
      return { kind: "deny", tier: "dashboard", ruleName: null, reason: String(never) };
    }
  }
};
