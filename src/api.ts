import { z } from "zod";
import {
  APPROVAL_STATUSES,
  LANGUAGES,
  REVIEW_TYPES,
  RUN_STATUSES,
  TIERS,
  WHILE_RUNNING,
  WHILE_WAITING,
} from "./events.ts";
import { isDeeper, MAX_DEPTH } from "./json-depth.ts";
import { clean } from "./text.ts";

/** The `/v1` wire: what the server validates and the typed client reads. snake_case, RFC 3339 times. */

const time = z.iso.datetime({ offset: true });

/** A text of a request: what PostgreSQL can't hold in one is replaced before anything looks at it. */
export const text = z.string().overwrite(clean);

/** What a client names something by. */
export const key = text.min(1).max(200);

/** Arguments of a tool, as deep as anybody could look through. */
export const jsonObject = z
  .record(z.string(), z.unknown())
  .refine((value) => !isDeeper(value), `should be nested at most ${MAX_DEPTH} levels deep`);

const user = key.describe("The person on whose behalf, as the API client names them");

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  request_id: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

export const session = z.object({
  id: z.string(),
  user_id: z.string(),
  external_id: z.string().nullable(),
  title: z.string(),
  status: z.enum(["open", "closed"]),
  ttl_seconds: z.int().nullable().describe("null: never"),
  expires_at: time.nullable(),
  created_at: time,
  last_active_at: time,
  settings: z.object({
    model: z.string().nullable(),
    system_prompt: z.string().nullable(),
    language: z.enum(LANGUAGES).nullable(),
    while_running: z.enum(WHILE_RUNNING).nullable(),
    while_waiting: z.enum(WHILE_WAITING).nullable(),
  }),
});

export const createSession = z.strictObject({
  user_id: user,
  external_id: key.optional(),
  title: text.max(200).optional(),
});

export const patchSession = z.strictObject({
  title: text.max(200).optional(),
  status: z.enum(["open"]).optional().describe("open: restores a closed session"),
  ttl_seconds: z
    .union([z.int().min(1).max(31_536_000), z.literal("never"), z.literal("default")])
    .optional(),
  settings: z.strictObject(session.shape.settings.shape).partial().optional(),
});

export const message = z.object({
  seq: z.int(),
  run_id: z.string(),
  created_at: time,
  type: z.enum(["human", "ai", "tool", "system"]),
  content: z.string(),
  name: z.string().optional(),
  tool_calls: z
    .array(z.object({ id: z.string(), name: z.string(), args: z.record(z.string(), z.unknown()) }))
    .optional(),
  tool_call_id: z.string().optional(),
  status: z.enum(["success", "error"]).optional(),
});

export const run = z.object({
  id: z.string(),
  session_id: z.string(),
  user_id: z.string(),
  external_id: z.string().nullable(),
  status: z.enum(RUN_STATUSES),
  input: z.string(),
  answer: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  last_seq: z.int(),
  created_at: time,
  started_at: time.nullable(),
  finished_at: time.nullable(),
});

export const createRun = z.strictObject({
  input: text.min(1),
  external_id: key.optional().describe("Sent again with the same input it answers as before"),
  system_message: text.optional(),
  while_running: z.enum(WHILE_RUNNING).optional(),
  language: z.enum(LANGUAGES).optional(),
});

export const approval = z.object({
  id: z.string(),
  run_id: z.string(),
  session_id: z.string(),
  kind: z.enum(["tool_call", "outcome_unknown"]),
  call_id: z.string(),
  tool: z.string(),
  tier: z.enum(TIERS),
  args: z.record(z.string(), z.unknown()),
  args_text: z.string().describe("The sealed text itself: canonical JSON (RFC 8785)"),
  digest: z.string(),
  parameters: z.record(z.string(), z.unknown()).nullable().describe("JSON Schema of the arguments"),
  requester: z.string(),
  reason: z.string(),
  allowed: z.array(z.enum(REVIEW_TYPES)),
  status: z.enum(APPROVAL_STATUSES),
  requested_at: time,
  expires_at: time.nullable(),
  decision: z
    .object({
      type: z.enum(REVIEW_TYPES),
      by: z.string(),
      at: time,
      message: z.string().nullable(),
      args: z.record(z.string(), z.unknown()).nullable(),
    })
    .nullable(),
  place: z.string(),
  approvers: z.array(z.string()).describe("Who may decide, in the policy's words"),
  quorum: z.int(),
  votes: z.array(
    z.object({ by: z.string(), type: z.enum(["accept", "edit", "reject"]), at: time }),
  ),
  edited_args: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe("Put in place of the model's while others still have to consent"),
  current_digest: z.string().describe("What a decision names: the digest of what would run now"),
  taint: z.array(z.string()).describe("Untrusted sources in the context when it was asked"),
  preview: z.string().nullable().describe("What the tool says that the call would do"),
  needs_view: z.boolean().describe("Accept needs POST /v1/approvals/{id}/view first"),
  grantable: z.boolean(),
});

const grantRequest = z.strictObject({
  scope: z.enum(["session", "place"]),
  expires_in_seconds: z.int().min(1).max(2_592_000),
  uses: z.int().min(1).max(1_000).optional(),
  fixed: z
    .array(text)
    .max(100)
    .optional()
    .describe("Arguments that must stay the same; all if absent"),
});

export const grant = z.object({
  id: z.string(),
  tool: z.string(),
  constraint: z.record(z.string(), z.unknown()),
  scope: z.string(),
  requester: z.string(),
  granted_by: z.string(),
  approval_id: z.string(),
  created_at: time,
  expires_at: time,
  uses_left: z.int().nullable(),
});

export const auditRow = z.object({
  id: z.int(),
  at: time,
  action: z.string(),
  actor: z.string().nullable(),
  approval_id: z.string().nullable(),
  run_id: z.string().nullable(),
  digest: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()).nullable(),
  prev_hash: z.string(),
  hash: z.string(),
});

export const decide = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("accept"),
    user_id: user,
    digest: z.string().optional(),
    grant: grantRequest.optional().describe("Lets calls like this one run for a while"),
  }),
  z.strictObject({
    type: z.literal("edit"),
    user_id: user,
    digest: z.string().optional(),
    args: jsonObject,
  }),
  z.strictObject({
    type: z.literal("respond"),
    user_id: user,
    digest: z.string().optional(),
    message: text.min(1).max(10_000),
  }),
  z.strictObject({
    type: z.literal("reject"),
    user_id: user,
    digest: z.string().optional(),
    message: text.max(10_000).optional(),
  }),
]);

export const memory = z.object({
  id: z.string(),
  user_id: z.string(),
  kind: z.enum(["preference", "fact", "note"]),
  text: z.string(),
  source: z.string(),
  created_at: time,
});

export const createMemory = z.strictObject({
  user_id: user,
  text: text.min(1).max(10_000),
  kind: memory.shape.kind.default("preference"),
});

export const settings = z.object({
  session_ttl_seconds: z.int().nullable().describe("null: never"),
  history_max_messages: z.int().nullable(),
  history_max_tokens: z.int().nullable(),
  model: z.string(),
  language: z.enum(LANGUAGES),
});

export const patchSettings = z.strictObject({
  session_ttl_seconds: z
    .union([z.int().min(1).max(31_536_000), z.literal("never"), z.literal("default")])
    .optional(),
});

/** A page of a list: `next` is handed back as `?after=`; null on the last page. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), next: z.string().nullable() });
}

export type SessionBody = z.infer<typeof session>;
export type RunBody = z.infer<typeof run>;
export type ApprovalBody = z.infer<typeof approval>;
export type MessageBody = z.infer<typeof message>;
export type GrantBody = z.infer<typeof grant>;
export type AuditBody = z.infer<typeof auditRow>;
export type MemoryBody = z.infer<typeof memory>;
export type SettingsBody = z.infer<typeof settings>;
export type DecideBody = z.infer<typeof decide>;
export type ProblemBody = z.infer<typeof problem>;
