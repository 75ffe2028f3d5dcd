import { z } from "zod";
import { REVIEW_TYPES, TIERS } from "./events.ts";

/** `10m`, `2h`, `1d`, `90s`: a number and a unit. Parsed to milliseconds. */
const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(s|m|h|d)$/, "should be a number and a unit: 90s, 10m, 2h, 1d")
  .transform((text) => Number(text.slice(0, -1)) * UNIT_MS[text.slice(-1) as keyof typeof UNIT_MS]);

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Who may decide: `requester`, `members` (of the place), `@group`, an actor (`slack:T1:U1`, `discord:1`,
 * `api:ops/alice`), `slack-group:T1:S1`, `discord-role:G1:R1`, `scope:approvals` (API keys that hold it).
 */
const approver = z
  .string()
  .regex(
    /^(requester|members|@[a-z][a-z0-9_-]*|(slack|discord|api|slack-group|discord-role|scope):\S+)$/,
    "should be requester, members, @group, an actor, slack-group:…, discord-role:… or scope:…",
  );

/** What a rule must find; all that is named must hold. Names may end in `*`. */
const match = z.strictObject({
  tool: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  /** CEL over `args`, `tool`, `tier`, `requester`, `place`, `tainted`, `taint`, `at`; true matches. */
  when: z.string().min(1).optional(),
  place: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  requester: z.union([approver, z.string(), z.array(z.string()).min(1)]).optional(),
  tainted: z.boolean().optional(),
  tier: z.enum(TIERS).optional(),
});

const ladderStep = z.union(
  [
    z.strictObject({ after: duration, remind: z.array(approver).min(1) }),
    z.strictObject({ after: duration, escalate: z.array(approver).min(1) }),
    z.strictObject({ after: duration, expire: z.literal(true) }),
  ],
  "should be after: 10m with remind: [who], escalate: [who] or expire: true",
);

const ruleSchema = z.strictObject({
  name: z.string().min(1).max(100),
  match: match.default({}),
  /** What is done with a call that matches. `deny` never asks, `run` never asks, `ask` is the default. */
  effect: z.enum(["ask", "run", "deny"]).default("ask"),
  /** Lifts the tool's tier for this call; it can't lower it. */
  tier: z.enum(TIERS).optional(),
  /** Absent: the requester, and nobody at all for a call that is guarded or above. */
  approvers: z.array(approver).min(1).optional(),
  quorum: z.int().min(1).max(20).default(1),
  /** Absent: true for guarded and above unless `approvers` names the requester, else false. */
  exclude_requester: z.boolean().optional(),
  allow: z
    .array(z.enum(REVIEW_TYPES))
    .min(1)
    .default([...REVIEW_TYPES]),
  /** Whether one rejection (or response) ends a quorum. */
  one_rejection_ends: z.boolean().default(true),
  /** Times count from the request and pause in quiet hours, but for the expiry. */
  ladder: z.array(ladderStep).default([]),
  expires_after: duration.default(86_400_000),
  ask_in: z.string().min(1).default("place"),
  /** Whether approvers may grant the same call for a while; never for guarded and above. */
  grants: z.boolean().default(true),
  /** Said on the card. */
  reason: z.string().max(500).optional(),
});

export const policySchema = z.strictObject({
  rules: z.array(ruleSchema).min(1),
  groups: z.record(z.string().regex(/^[a-z][a-z0-9_-]*$/), z.array(approver).min(1)).default({}),
  quiet_hours: z
    .strictObject({
      from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "should be a time: 22:00"),
      to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "should be a time: 07:00"),
      time_zone: z.string().min(1),
      days: z.array(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])).optional(),
    })
    .optional(),
  taint: z
    .strictObject({
      /** Sources that do not taint: `mcp:weather`, `guest`. */
      trusted: z.array(z.string()).default([]),
      /** How long a session stays tainted after the last tainted message; never cleared if absent. */
      clears_after: duration.optional(),
      /** The tier that a tainted call is lifted to. Not `free`: what is tainted never runs unasked. */
      raises_to: z.enum(TIERS).exclude(["free"]).default("ask"),
    })
    .default({ trusted: [], raises_to: "ask" }),
});

export type RuleConfig = z.infer<typeof ruleSchema>;
export type PolicyConfig = z.infer<typeof policySchema>;
