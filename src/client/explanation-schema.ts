import { z } from "zod";
import { type Language, TIERS, type Tier } from "../events.ts";

/** A call that nobody makes, as the policy would meet it. What is left out is as the server has it. */
export type HypotheticalCall = {
  tool: string;
  args?: Record<string, unknown>;
  user_id: string;
  place?: string;
  /** Of a tool that the server does not know. */
  tier?: Tier;
  taint?: string[];
  /** RFC 3339; now if absent. */
  at?: string;
  language?: Language;
};

const tier = z.enum(TIERS);

/** What becomes of it, as far as a client reads it. */
const ruling = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("run"), tier, ruleName: z.string() }),
  z.object({ kind: z.literal("deny"), tier, ruleName: z.string().nullable(), reason: z.string() }),
  z.object({
    kind: z.literal("ask"),
    tier,
    reason: z.string(),
    rule: z.object({
      name: z.string(),
      approvers: z.array(z.string()),
      quorum: z.int(),
      excludeRequester: z.boolean(),
    }),
  }),
]);

export const explanation = z.object({
  /** Every rule in its order. */
  rules: z.array(z.object({ name: z.string(), matched: z.boolean(), why: z.string() })),
  ruling,
  /** As which the call was matched. */
  tier,
  /** The untrusted sources that count. */
  taint: z.array(z.string()),
});

export type Explanation = z.infer<typeof explanation>;
export type Ruling = Explanation["ruling"];
