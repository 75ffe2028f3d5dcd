import type { Actor, Language, Place, ReviewType, Tier } from "../events.ts";

/** What a policy may look at. */
export type PolicyInput = {
  tool: { name: string; tier: Tier; source: string; destructive: boolean };
  args: Record<string, unknown>;
  requester: Actor;
  place: Place;
  language: Language;
  /** Untrusted sources in the context: `guest`, `file`, `web`, `mcp:weather`. Those that a policy trusts may be among them. */
  taint: string[];
  /** When it is asked. */
  at: Date;
};

/** One rung: at `afterMs` after the request, those in `to` are reminded, or may decide from then on. */
export type LadderStep = { afterMs: number; kind: "remind" | "escalate" | "expire"; to: string[] };

/** Local times `HH:MM` in an IANA zone; `from` later than `to` runs past midnight. */
export type QuietHours = {
  from: string;
  to: string;
  timeZone: string;
  /** The days on which a stretch begins; all when absent. */
  days?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
};

/** A rule as it is stored with an approval: it stays in force for that card whatever is configured later. */
export type Rule = {
  name: string;
  /** Who may decide: `requester`, `members`, `@group`, actors, `slack-group:…`, `discord-role:…`, `scope:…`. */
  approvers: string[];
  /** The groups that approvers and ladder name, without their `@`; no group within a group. */
  groups: Record<string, string[]>;
  /** How many different people must accept. */
  quorum: number;
  excludeRequester: boolean;
  allowed: ReviewType[];
  oneRejectionEnds: boolean;
  /** By time, the earliest first. */
  ladder: LadderStep[];
  quietHours?: QuietHours;
  expiresInMs: number;
  /** `place`, `approvers`, or a place. */
  askIn: string;
  /** Whether approvers may let calls like this one run for a while. */
  grants: boolean;
};

/** What becomes of a call. `tier` is the one it was treated as: its tool's, or higher. */
export type PolicyRuling =
  | { kind: "run"; tier: Tier; ruleName: string }
  | { kind: "deny"; tier: Tier; ruleName: string | null; reason: string }
  | { kind: "ask"; tier: Tier; reason: string; rule: Rule };
