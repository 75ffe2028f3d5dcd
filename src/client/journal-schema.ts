import { z } from "zod";
import {
  APPROVAL_STATUSES,
  type LiveDelta,
  REVIEW_TYPES,
  TIERS,
  WHILE_RUNNING,
} from "../events.ts";

/**
 * The journal's events and live deltas as they come over the wire, as far as a client reads them: fields that are
 * not named here are passed over. `src/events.ts` says what they mean.
 */

const actor = z.string();
const offset = z.int().nonnegative();

const card = z.object({
  approvalId: z.string(),
  runId: z.string(),
  kind: z.enum(["tool_call", "outcome_unknown"]),
  callId: z.string(),
  tool: z.string(),
  tier: z.enum(TIERS),
  args: z.string(),
  digest: z.string(),
  requester: actor,
  reason: z.string(),
  allowed: z.array(z.enum(REVIEW_TYPES)),
  status: z.enum(APPROVAL_STATUSES),
  requestedAt: z.string(),
  expiresAt: z.string().nullable(),
  decision: z
    .object({
      type: z.enum(REVIEW_TYPES),
      by: actor,
      at: z.string(),
      message: z.string().exactOptional(),
      args: z.string().exactOptional(),
    })
    .nullable(),
  quorum: z.int().exactOptional(),
  votes: z.array(z.object({ by: actor })).exactOptional(),
});

const call = { callId: z.string(), tool: z.string() };

export const outbound = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("run.queued"),
    ahead: z.int(),
    mode: z.enum(WHILE_RUNNING),
    waiting: z.int(),
  }),
  z.object({ type: z.literal("run.started"), attempt: z.int(), model: z.string() }),
  z.object({
    type: z.literal("text.delta"),
    message: z.string(),
    from: offset,
    text: z.string(),
  }),
  z.object({ type: z.literal("text.discarded"), message: z.string(), reason: z.string() }),
  z.object({ type: z.literal("tool.started"), ...call, args: z.string() }),
  z.object({ type: z.literal("tool.progress"), ...call, text: z.string() }),
  z.object({
    type: z.literal("tool.finished"),
    ...call,
    status: z.enum(["ok", "error"]),
    result: z.string(),
  }),
  z.object({ type: z.literal("steered"), runId: z.string(), text: z.string() }),
  z.object({ type: z.literal("call.granted"), ...call, grant: z.string(), by: actor }),
  z.object({ type: z.literal("approval.requested"), card }),
  z.object({ type: z.literal("approval.closed"), card }),
  z.object({ type: z.literal("approval.voted"), card }),
  z.object({ type: z.enum(["approval.reminded", "approval.escalated"]), card }),
  z.object({ type: z.literal("run.waiting"), approvals: z.array(z.string()) }),
  z.object({ type: z.literal("run.resumed"), by: actor.nullable() }),
  z.object({ type: z.literal("run.completed"), answer: z.string() }),
  z.object({ type: z.literal("run.failed"), code: z.string(), message: z.string() }),
  z.object({
    type: z.literal("run.stopped"),
    by: actor.nullable(),
    reason: z.string(),
    done: z.array(z.string()),
  }),
]);

/** An event as a client has it. */
export type Told = z.infer<typeof outbound>;
export type ToldCard = z.infer<typeof card>;

export const liveDelta = z.object({
  message: z.string(),
  from: offset,
  text: z.string(),
}) satisfies z.ZodType<Omit<LiveDelta, "runId">>;
