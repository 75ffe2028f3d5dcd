import type { z } from "zod";
import {
  type ApprovalBody,
  type AuditBody,
  approval,
  auditRow,
  type createMemory,
  type createRun,
  type createSession,
  type DecideBody,
  type GrantBody,
  grant,
  listOf,
  type MemoryBody,
  type MessageBody,
  memory,
  message,
  type patchSession,
  type patchSettings,
  type RunBody,
  run,
  type SessionBody,
  type SettingsBody,
  session,
  settings,
} from "../api.ts";
import type { ApprovalStatus } from "../events.ts";
import { ApiError } from "./api-error.ts";
import { type Explanation, explanation, type HypotheticalCall } from "./explanation-schema.ts";
import { type FollowOptions, followRun, type RunEvent } from "./follow-run.ts";
import { ask, type Connection, type Fetch, path, tell } from "./request.ts";

/** `next` is handed in as `after` for the next page; null on the last. */
type Page<T> = { data: T[]; next: string | null };
type Paging = { after?: string | undefined; limit?: number | undefined };

/**
 * The API, typed. Every method throws ApiError (the server refused; `.problem` says why), UnreachableError
 * (no answer) or UnexpectedAnswerError (no server of ours).
 */
export type Client = {
  createSession(body: z.input<typeof createSession>): Promise<SessionBody>;
  /** Latest active first. */
  sessions(
    query: Paging & { user_id?: string; status?: SessionBody["status"] },
  ): Promise<Page<SessionBody>>;
  /** The user's most recently active open session; undefined when there is none. */
  latestSession(userId: string): Promise<SessionBody | undefined>;
  session(id: string): Promise<SessionBody>;
  patchSession(id: string, body: z.input<typeof patchSession>): Promise<SessionBody>;
  /** Stops its runs, withdraws its approvals, removes everything. */
  deleteSession(id: string): Promise<void>;
  /** The transcript, oldest first. */
  messages(sessionId: string, query?: Paging): Promise<Page<MessageBody>>;
  /** Newest first. */
  runs(sessionId: string, query?: Paging): Promise<Page<RunBody>>;
  /** With an `external_id` it may be sent again without harm. */
  createRun(sessionId: string, body: z.input<typeof createRun>): Promise<RunBody>;
  run(id: string): Promise<RunBody>;
  stopRun(id: string, body?: { user_id?: string; reason?: string }): Promise<RunBody>;
  deleteRun(id: string): Promise<void>;
  /** What happens in a run, until it ends; see `followRun`. */
  events(runId: string, options?: FollowOptions): AsyncGenerator<RunEvent, void>;
  approvals(
    query: Paging & {
      status?: ApprovalStatus;
      /** Asked for by this user. */
      user_id?: string;
      /** For this user to decide, whoever asked; only pending ones. */
      approver_id?: string;
      run_id?: string;
      session_id?: string;
    },
  ): Promise<Page<ApprovalBody>>;
  /** With a user: also one that others asked for and this user may decide. */
  approval(id: string, userId?: string): Promise<ApprovalBody>;
  decide(id: string, body: DecideBody): Promise<ApprovalBody>;
  /** Notes that this user was shown all of it, which accepting may need (`needs_view`). */
  viewApproval(id: string, body: { user_id: string }): Promise<ApprovalBody>;
  withdrawApproval(id: string, body: { user_id: string }): Promise<ApprovalBody>;
  /** In force for this user's calls, or given by this user. */
  grants(userId: string): Promise<Page<GrantBody>>;
  revokeGrant(id: string, userId: string): Promise<void>;
  /** Which rule of the policy a call would meet, and why. Nothing is run or asked. */
  explainPolicy(call: HypotheticalCall): Promise<Explanation>;
  /** In the order of the chain, a page at a time; needs a key of scope `admin`. Times are RFC 3339. */
  audit(
    query?: Paging & {
      action?: string;
      /** An address: `api:<key>%2F<user>`, `slack:T1:U1`. */
      actor?: string;
      approval_id?: string;
      run_id?: string;
      from?: string;
      to?: string;
    },
  ): Promise<Page<AuditBody>>;
  memories(query: Paging & { user_id: string; q?: string }): Promise<Page<MemoryBody>>;
  createMemory(body: z.input<typeof createMemory>): Promise<MemoryBody>;
  deleteMemory(id: string, userId: string): Promise<void>;
  settings(): Promise<SettingsBody>;
  patchSettings(body: z.input<typeof patchSettings>): Promise<SettingsBody>;
};

/** A client of the server at `url`. Opens nothing until it is asked something. */
export function openClient(options: { url: string; apiKey?: string; fetch?: Fetch }): Client {
  const connection: Connection = {
    url: options.url,
    apiKey: options.apiKey,
    fetch: options.fetch ?? globalThis.fetch,
  };
  const get = <T extends z.ZodType>(path: string, schema: T, query = {}) =>
    ask(connection, { path, query }, schema);
  const post = <T extends z.ZodType>(path: string, schema: T, body: unknown) =>
    ask(connection, { method: "POST", path, body }, schema);
  const patch = <T extends z.ZodType>(path: string, schema: T, body: unknown) =>
    ask(connection, { method: "PATCH", path, body }, schema);
  const remove = (path: string, query = {}) => tell(connection, { method: "DELETE", path, query });

  return {
    createSession: (body) => post("/v1/sessions", session, body),
    sessions: (query) => get("/v1/sessions", listOf(session), query),
    latestSession: (userId) =>
      get("/v1/sessions/latest", session, { user_id: userId }).catch(unlessNotFound),
    session: (id) => get(path`/v1/sessions/${id}`, session),
    patchSession: (id, body) => patch(path`/v1/sessions/${id}`, session, body),
    deleteSession: (id) => remove(path`/v1/sessions/${id}`),
    messages: (id, query) => get(path`/v1/sessions/${id}/messages`, listOf(message), query),
    runs: (id, query) => get(path`/v1/sessions/${id}/runs`, listOf(run), query),
    createRun: (id, body) => post(path`/v1/sessions/${id}/runs`, run, body),
    run: (id) => get(path`/v1/runs/${id}`, run),
    stopRun: (id, body) => post(path`/v1/runs/${id}/stop`, run, body ?? {}),
    deleteRun: (id) => remove(path`/v1/runs/${id}`),
    events: (runId, follow) => followRun(connection, runId, follow),
    approvals: (query) => get("/v1/approvals", listOf(approval), query),
    approval: (id, userId) => get(path`/v1/approvals/${id}`, approval, { user_id: userId }),
    decide: (id, body) => post(path`/v1/approvals/${id}/decision`, approval, body),
    viewApproval: (id, body) => post(path`/v1/approvals/${id}/view`, approval, body),
    withdrawApproval: (id, body) => post(path`/v1/approvals/${id}/withdraw`, approval, body),
    grants: (userId) => get("/v1/grants", listOf(grant), { user_id: userId }),
    revokeGrant: (id, userId) => remove(path`/v1/grants/${id}`, { user_id: userId }),
    explainPolicy: (call) => post("/v1/policies/explain", explanation, call),
    audit: (query) => get("/v1/audit", listOf(auditRow), query),
    memories: (query) => get("/v1/memories", listOf(memory), query),
    createMemory: (body) => post("/v1/memories", memory, body),
    deleteMemory: (id, userId) => remove(path`/v1/memories/${id}`, { user_id: userId }),
    settings: () => get("/v1/settings", settings),
    patchSettings: (body) => patch("/v1/settings", settings, body),
  };
}

function unlessNotFound(error: unknown): undefined {
  if (!(error instanceof ApiError && error.problem.code === "not_found")) throw error;
  return undefined;
}
