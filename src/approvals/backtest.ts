import type { PastRequest } from "#db/queries/past-requests.ts";
import type { CompiledPolicy } from "./compile-policy.ts";
import type { PolicyInput } from "./rule.ts";
import { rule } from "./rule-for.ts";

/** What a policy would have made of the calls that were asked about. */
export type Backtest = {
  /** All of these were asked. */
  past: number;
  first: Date | null;
  last: Date | null;
  asked: number;
  ran: number;
  denied: number;
  /** How often each approver would have been asked. */
  whom: Map<string, number>;
  rejections: number;
  /** Calls that people rejected and the policy would have run unasked. */
  missed: { id: string; tool: string; ruleName: string }[];
  /** Edited or answered instead of run. */
  corrections: number;
  missedCorrections: number;
  /** Calls that people let run and the policy would have denied. */
  deniedAccepted: number;
};

export function emptyBacktest(): Backtest {
  return {
    past: 0,
    first: null,
    last: null,
    asked: 0,
    ran: 0,
    denied: 0,
    whom: new Map(),
    rejections: 0,
    missed: [],
    corrections: 0,
    missedCorrections: 0,
    deniedAccepted: 0,
  };
}

/** Puts one past call before the policy and adds what comes of it to `sum`. Undefined: the built-in rules. */
export function replay(
  policy: CompiledPolicy | undefined,
  request: PastRequest,
  sum: Backtest,
): void {
  const { id, tool, status, requestedAt } = request;
  const ruling = rule(policy, inputOf(request));
  const rejected = status === "rejected";
  const corrected = status === "edited" || status === "responded";
  sum.past++;
  sum.first ??= requestedAt;
  sum.last = requestedAt;
  if (rejected) sum.rejections++;
  if (corrected) sum.corrections++;
  switch (ruling.kind) {
    case "ask":
      sum.asked++;
      for (const who of ruling.rule.approvers) sum.whom.set(who, (sum.whom.get(who) ?? 0) + 1);
      return;
    case "run":
      sum.ran++;
      if (rejected) sum.missed.push({ id, tool, ruleName: ruling.ruleName });
      if (corrected) sum.missedCorrections++;
      return;
    case "deny":
      sum.denied++;
      if (status === "accepted" || status === "edited") sum.deniedAccepted++;
      return;
    default: {
      const never: never = ruling;
      throw new TypeError(`Unknown ruling ${JSON.stringify(never)}`);
    }
  }
}

function inputOf(request: PastRequest): PolicyInput {
  const { tool, source, toolTier, tier, destructive, args, requester, place, taint } = request;
  return {
    tool: {
      name: tool,
      tier: toolTier ?? tier,
      source: source ?? "own",
      destructive: destructive ?? false,
    },
    args: JSON.parse(args) as Record<string, unknown>,
    requester,
    place,
    language: "en",
    taint,
    at: request.requestedAt,
  };
}
