import type { Tier } from "../events.ts";
import type { PolicyConfig } from "../policy-schema.ts";
import type { Condition } from "./condition.ts";
import type { LadderStep, QuietHours } from "./rule.ts";

/** A configured rule whose conditions are parsed, whose groups are known, whose ladder is in order. */
export type CompiledRule = Omit<PolicyConfig["rules"][number], "match" | "ladder" | "approvers"> & {
  match: {
    tool?: string[];
    place?: string[];
    requester?: string[];
    tainted?: boolean;
    tier?: Tier;
    when?: Condition;
  };
  approvers: string[] | undefined;
  ladder: LadderStep[];
};

/** A policy that is ready to rule. Made once, at start and at each reload. */
export type CompiledPolicy = {
  /** In the order of the file: the first that matches rules. */
  rules: CompiledRule[];
  /** By name without `@`, no group within a group. */
  groups: Record<string, string[]>;
  quietHours?: QuietHours;
  taint: { trusted: string[]; clearsAfterMs?: number; raisesTo: Tier };
};
