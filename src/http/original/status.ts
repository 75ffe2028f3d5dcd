import { z } from "zod";
import type { OwnedRun, Session, Sql } from "../../runs/find-run.ts";
import { type OriginalStanding, originalStanding } from "../../runs/original-status.ts";
import { describe, originalMessage } from "./words.ts";

const interruptData = z.object({
  interrupt_type: z.literal("unknown"),
  action_request: z.object({ action: z.string(), args: z.record(z.string(), z.unknown()) }),
  config: z.null(),
  description: z.string(),
  approval_id: z.string(),
});

const lastResponse = z.object({
  session_id: z.string(),
  task_id: z.string(),
  status: z.enum(["completed", "interrupted", "error"]),
  timestamp: z.number(),
  message: z.string().nullable(),
  result: z.object({ messages: z.array(z.record(z.string(), z.unknown())) }).nullable(),
  interrupt_data: interruptData.nullable(),
});

export const statusSchema = z.object({
  user_id: z.string(),
  session_id: z.string(),
  task_id: z.string(),
  status: z.enum(["not_found", "idle", "running", "interrupted", "completed", "error"]),
  message: z.string().nullable(),
  last_query: z.string().nullable(),
  last_updated: z.number().nullable(),
  last_response: lastResponse.nullable(),
});

type Ids = { user_id: string; session_id: string; task_id: string };

const STATES = {
  queued: "idle",
  running: "running",
  waiting: "interrupted",
  completed: "completed",
  failed: "error",
  stopped: "error",
} as const;

/** How a task stands, every field present. Times are unix seconds. */
export async function statusOf(
  sql: Sql,
  given: Ids,
  found: { session: Session; run: Omit<OwnedRun, "owner"> } | undefined,
): Promise<z.infer<typeof statusSchema>> {
  if (!found)
    return {
      ...given,
      status: "not_found",
      message: `用户 ${given.user_id} 的会话 ${given.session_id} 中没有任务 ${given.task_id} / there is no such task`,
      last_query: null,
      last_updated: null,
      last_response: null,
    };
  const { run } = found;
  const standing = await originalStanding(sql, run);
  // A run that was waiting and is queued again with an answer is running for this client.
  const resumed = run.status === "queued" && run.attempt > 0;
  return {
    ...given,
    status: resumed ? "running" : STATES[run.status],
    message: run.error?.message ?? null,
    last_query: run.input,
    last_updated: seconds(run.updatedAt),
    last_response: toLastResponse(given, standing, seconds(run.updatedAt)),
  };
}

function toLastResponse(
  { session_id, task_id }: Ids,
  standing: OriginalStanding,
  timestamp: number,
): z.infer<typeof lastResponse> | null {
  const common = {
    session_id,
    task_id,
    timestamp,
    message: null,
    result: null,
    interrupt_data: null,
  };
  switch (standing.kind) {
    case "none":
      return null;
    case "completed":
      return {
        ...common,
        status: "completed",
        result: { messages: standing.messages.map(originalMessage) },
      };
    case "failed":
      return { ...common, status: "error", message: standing.message };
    case "waiting": {
      const { approval } = standing;
      return {
        ...common,
        status: "interrupted",
        timestamp: seconds(approval.requestedAt),
        interrupt_data: {
          interrupt_type: "unknown",
          action_request: { action: approval.tool, args: JSON.parse(approval.args) },
          config: null,
          description: describe(approval),
          approval_id: approval.id,
        },
      };
    }
    default: {
      const never: never = standing;
      return never;
    }
  }
}

function seconds(time: Date): number {
  return time.getTime() / 1000;
}
