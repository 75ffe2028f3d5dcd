import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/**
 * A client as the original service's own: it knows nothing but its ten routes and their field names, polls
 * `/agent/status`, and answers with `/agent/resume`. A field that is missing or of another type is an assertion error.
 */
export type OriginalClient = ReturnType<typeof originalClient>;

const ids = { user_id: z.string(), session_id: z.string(), task_id: z.string() };
const taken = z.strictObject(ids);
const done = z.strictObject({ status: z.literal("success"), message: z.string() });

const messageSchema = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("human"), content: z.string(), id: z.string() }),
  z.looseObject({
    type: z.literal("ai"),
    content: z.string(),
    id: z.string(),
    tool_calls: z.array(
      z.looseObject({ id: z.string(), name: z.string(), args: z.record(z.string(), z.unknown()) }),
    ),
  }),
  z.looseObject({
    type: z.literal("tool"),
    content: z.string(),
    id: z.string(),
    name: z.string(),
    tool_call_id: z.string(),
  }),
  z.looseObject({ type: z.literal("system"), content: z.string(), id: z.string() }),
]);

const interruptSchema = z.looseObject({
  interrupt_type: z.literal("unknown"),
  action_request: z.strictObject({ action: z.string(), args: z.record(z.string(), z.unknown()) }),
  config: z.null(),
  description: z.string(),
});

const statusSchema = z.strictObject({
  ...ids,
  status: z.enum(["not_found", "idle", "running", "interrupted", "completed", "error"]),
  message: z.string().nullable(),
  last_query: z.string().nullable(),
  last_updated: z.number().nullable(),
  last_response: z
    .strictObject({
      session_id: z.string(),
      task_id: z.string(),
      status: z.enum(["completed", "interrupted", "error"]),
      timestamp: z.number(),
      message: z.string().nullable(),
      result: z.strictObject({ messages: z.array(messageSchema) }).nullable(),
      interrupt_data: interruptSchema.nullable(),
    })
    .nullable(),
});

export type OriginalStatus = z.infer<typeof statusSchema>;
export type ResponseType = "accept" | "edit" | "response" | "reject";

const POLL_MS = 40;
const WAIT_MS = 30_000;

/** `fetch` may be another's, for a key in a header for example. */
export function originalClient(url: string, user: string, fetch = globalThis.fetch) {
  async function ask<T extends z.ZodType>(
    method: string,
    at: string,
    schema: T,
    body?: unknown,
  ): Promise<z.infer<T>> {
    const response = await fetch(url + at, {
      method,
      ...(body !== undefined && {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
    const text = await response.text();
    assert.equal(response.status, 200, `${method} ${at}: ${response.status} ${text}`);
    const parsed = schema.safeParse(JSON.parse(text));
    assert.ok(parsed.success, `${method} ${at}: ${parsed.error?.message}\n${text}`);
    return parsed.data;
  }

  const pathOf = (...parts: string[]) => parts.map(encodeURIComponent).join("/");

  async function status(session: string, task: string): Promise<OriginalStatus> {
    const standing = await ask("GET", `/agent/status/${pathOf(user, session, task)}`, statusSchema);
    assert.deepEqual(
      [standing.user_id, standing.session_id, standing.task_id],
      [user, session, task],
    );
    return standing;
  }

  /** Polls until the task is as said; `error` and `completed` end the waiting with an assertion error. */
  async function wait(
    session: string,
    task: string,
    wanted: OriginalStatus["status"],
  ): Promise<OriginalStatus> {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const standing = await status(session, task);
      if (standing.status === wanted) return standing;
      const over = ["completed", "error", "not_found"].includes(standing.status);
      if (over || performance.now() > deadline)
        assert.fail(`${task} should be ${wanted}: ${JSON.stringify(standing, null, 1)}`);
      await sleep(POLL_MS);
    }
  }

  return {
    user,
    status,
    wait,
    invoke: (session: string, task: string, query: string, systemMessage?: string | null) =>
      ask("POST", "/agent/invoke", taken, {
        user_id: user,
        session_id: session,
        task_id: task,
        query,
        ...(systemMessage !== undefined && { system_message: systemMessage }),
      }),
    resume: (session: string, task: string, type: ResponseType, args?: unknown) =>
      ask("POST", "/agent/resume", taken, {
        user_id: user,
        session_id: session,
        task_id: task,
        response_type: type,
        ...(args !== undefined && { args: { args } }),
      }),
    /** Waits for the approval and gives what is shown of it: tool, arguments, description. */
    async interrupted(session: string, task: string) {
      const { last_response } = await wait(session, task, "interrupted");
      assert.equal(last_response?.status, "interrupted");
      assert.ok(last_response.interrupt_data);
      return last_response.interrupt_data;
    },
    /** Waits for the end and gives the answer's text. */
    async answer(session: string, task: string): Promise<string> {
      const messages = (await wait(session, task, "completed")).last_response?.result?.messages;
      assert.equal(messages?.at(0)?.type, "human");
      assert.equal(messages?.at(-1)?.type, "ai");
      return messages?.at(-1)?.content ?? "";
    },
    systemInfo: () =>
      ask(
        "GET",
        "/system/info",
        z.strictObject({
          sessions_count: z.int(),
          active_users: z.record(z.string(), z.array(z.string())),
        }),
      ),
    activeSession: async () =>
      (
        await ask(
          "GET",
          `/agent/active/sessionid/${pathOf(user)}`,
          z.strictObject({ active_session_id: z.string() }),
        )
      ).active_session_id,
    sessions: async () =>
      (
        await ask(
          "GET",
          `/agent/sessionids/${pathOf(user)}`,
          z.strictObject({ session_ids: z.array(z.string()) }),
        )
      ).session_ids,
    tasks: async (session: string) =>
      (
        await ask(
          "GET",
          `/agent/tasks/${pathOf(user, session)}`,
          z.strictObject({ task_ids: z.array(z.string()) }),
        )
      ).task_ids,
    writeLongTerm: (memory: string) =>
      ask("POST", "/agent/write/longterm", done.extend({ memory_id: z.string() }), {
        user_id: user,
        memory_info: memory,
      }),
    deleteSession: (session: string) =>
      ask("DELETE", `/agent/session/${pathOf(user, session)}`, done),
    deleteTask: (session: string, task: string) =>
      ask("DELETE", `/agent/task/${pathOf(user, session, task)}`, done),
  };
}
