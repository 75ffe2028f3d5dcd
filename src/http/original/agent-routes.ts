import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { jsonObject, key, text } from "../../api.ts";
import { decide } from "../../approvals/decide.ts";
import { RefusedError } from "../../errors.ts";
import type { Review } from "../../events.ts";
import { remember } from "../../memory/memories.ts";
import { addJob, type Core, TOPICS } from "../../runs/core.ts";
import { deleteRun, deleteSession } from "../../runs/delete.ts";
import { findRunByKey, findSessionByKey, listRuns } from "../../runs/find-run.ts";
import { MAX_INPUT, submit } from "../../runs/submit.ts";
import {
  isKnownOwner,
  latestSession,
  listSessions,
  openSessions,
} from "../../sessions/list-sessions.ts";
import { actorOf, actorPrefix, type Caller, needs, userOf } from "../caller.ts";
import { body, faults, json, router } from "../v1/route-parts.ts";
import { statusOf, statusSchema } from "./status.ts";

const tags = ["original"];
const middleware = needs("runs");
const ids = z.object({ user_id: key, session_id: key, task_id: key });
const words = text.max(MAX_INPUT).refine((given) => given.trim() !== "", "should not be empty");
const done = z.object({ status: z.literal("success"), message: z.string() });

const invokeBody = z.object({
  ...ids.shape,
  query: words,
  system_message: text.max(MAX_INPUT).nullish(),
});
const resumeBody = z.object({
  ...ids.shape,
  response_type: z.enum(["accept", "edit", "response", "reject"]),
  args: jsonObject.nullish(),
  approval_id: text.nullish(),
});

const MOST = 1_000;

/**
 * The original service's routes with their paths and field names, so that an existing client runs unchanged.
 * A session is found by (user, session) and a task by (user, session, task), never by one of them alone.
 */
export function originalRoutes(core: Core) {
  const { sql } = core;

  async function findTask(caller: Caller, { user_id, session_id, task_id }: z.infer<typeof ids>) {
    const session = await findSessionByKey(sql, actorOf(caller, user_id), session_id);
    const run = session && (await findRunByKey(sql, session.id, task_id));
    return session && run ? { session, run } : undefined;
  }

  async function needTask(caller: Caller, given: z.infer<typeof ids>) {
    const found = await findTask(caller, given);
    if (found) return found;
    throw new RefusedError(
      "not_found",
      `There is no task ${given.task_id} in session ${given.session_id} of user ${given.user_id}`,
    );
  }

  return router()
    .openapi(
      createRoute({
        method: "post",
        path: "/agent/invoke",
        tags,
        middleware,
        request: body(invokeBody),
        responses: { 200: json(ids, "Taken in; ask for its status"), ...faults },
      }),
      async (c) => {
        const { query, system_message, ...given } = c.req.valid("json");
        const owner = actorOf(c.get("caller"), given.user_id);
        const known = await findSessionByKey(sql, owner, given.session_id);
        await submit(core, {
          session: known
            ? { kind: "id", id: known.id, owner }
            : { kind: "external", owner, externalKey: given.session_id },
          requester: owner,
          input: query,
          externalKey: given.task_id,
          ...(system_message && { systemMessage: system_message }),
        });
        return c.json(given, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/agent/resume",
        tags,
        middleware: needs("approvals"),
        request: body(resumeBody),
        responses: { 200: json(ids, "Decided; ask for its status"), 400: faults[409], ...faults },
      }),
      async (c) => {
        const { response_type, args, approval_id, ...given } = c.req.valid("json");
        const { run } = await needTask(c.get("caller"), given);
        const shown = run.shownApproval;
        if (run.status !== "waiting" || shown === null || (approval_id && approval_id !== shown))
          throw new NotInterrupted(given.task_id);
        try {
          const { approval, wake } = await decide(core, {
            approvalId: shown,
            actor: actorOf(c.get("caller"), given.user_id),
            review: toReview(response_type, args?.args),
            via: "original",
          });
          core.announcements.publish(TOPICS.journal, {
            runId: approval.runId,
            sessionId: approval.sessionId,
          });
          await addJob(core, wake);
        } catch (error) {
          if (error instanceof RefusedError && error.code === "conflict")
            throw new NotInterrupted(given.task_id);
          throw error;
        }
        return c.json(given, 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/agent/status/{user_id}/{session_id}/{task_id}",
        tags,
        middleware,
        request: { params: ids },
        responses: { 200: json(statusSchema, "How the task stands"), ...faults },
      }),
      async (c) => {
        const given = c.req.valid("param");
        return c.json(await statusOf(sql, given, await findTask(c.get("caller"), given)), 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/system/info",
        tags,
        middleware,
        responses: {
          200: json(
            z.object({
              sessions_count: z.int(),
              active_users: z.record(z.string(), z.array(z.string())),
            }),
            "Open sessions by user",
          ),
          ...faults,
        },
      }),
      async (c) => {
        const open = await openSessions(sql, actorPrefix(c.get("caller")));
        const users = Object.groupBy(open, (session) => userOf(session.owner));
        const active_users = Object.fromEntries(
          Object.entries(users).map(([user, own]) => [
            user,
            (own ?? []).map((session) => session.externalKey ?? session.id),
          ]),
        );
        return c.json({ sessions_count: open.length, active_users }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/agent/active/sessionid/{user_id}",
        tags,
        middleware,
        request: { params: z.object({ user_id: key }) },
        responses: {
          200: json(
            z.object({ active_session_id: z.string() }),
            "The session that was used last, or an empty text",
          ),
          ...faults,
        },
      }),
      async (c) => {
        const session = await latestSession(
          sql,
          actorOf(c.get("caller"), c.req.valid("param").user_id),
        );
        return c.json(
          { active_session_id: session ? (session.externalKey ?? session.id) : "" },
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/agent/sessionids/{user_id}",
        tags,
        middleware,
        request: { params: z.object({ user_id: key }) },
        responses: {
          200: json(z.object({ session_ids: z.array(z.string()) }), "The user's sessions"),
          ...faults,
        },
      }),
      async (c) => {
        const owner = actorOf(c.get("caller"), c.req.valid("param").user_id);
        const all = await listSessions(sql, { owner, limit: MOST });
        return c.json(
          { session_ids: all.map((session) => session.externalKey ?? session.id) },
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/agent/tasks/{user_id}/{session_id}",
        tags,
        middleware,
        request: { params: ids.pick({ user_id: true, session_id: true }) },
        responses: {
          200: json(
            z.object({ task_ids: z.array(z.string()) }),
            "The session's tasks, oldest first",
          ),
          ...faults,
        },
      }),
      async (c) => {
        const { user_id, session_id } = c.req.valid("param");
        const session = await findSessionByKey(sql, actorOf(c.get("caller"), user_id), session_id);
        const runs = session ? await listRuns(sql, session.id, undefined, MOST) : [];
        return c.json({ task_ids: runs.reverse().map((run) => run.externalKey ?? run.id) }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/agent/write/longterm",
        tags,
        middleware,
        request: body(z.object({ user_id: key, memory_info: words })),
        responses: { 200: json(done.extend({ memory_id: z.string() }), "Remembered"), ...faults },
      }),
      async (c) => {
        const { user_id, memory_info } = c.req.valid("json");
        const owner = actorOf(c.get("caller"), user_id);
        if (!(await isKnownOwner(sql, owner)))
          throw new RefusedError("not_found", `There is no user ${user_id}`);
        const memory = await remember(sql, {
          owner,
          text: memory_info,
          kind: "preference",
          source: "api",
          author: owner,
        });
        return c.json(
          {
            status: "success" as const,
            memory_id: memory.id,
            message: "记忆存储成功 / remembered",
          },
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/agent/session/{user_id}/{session_id}",
        tags,
        middleware,
        request: { params: ids.pick({ user_id: true, session_id: true }) },
        responses: { 200: json(done, "Gone"), ...faults },
      }),
      async (c) => {
        const { user_id, session_id } = c.req.valid("param");
        const session = await findSessionByKey(sql, actorOf(c.get("caller"), user_id), session_id);
        if (!session)
          throw new RefusedError(
            "not_found",
            `There is no session ${session_id} of user ${user_id}`,
          );
        await deleteSession(core, session.id);
        return c.json(
          { status: "success" as const, message: `会话 ${session_id} 已删除 / session deleted` },
          200,
        );
      },
    )
    .openapi(deleteTask("/agent/task/{user_id}/{session_id}/{task_id}"), async (c) => {
      const given = c.req.valid("param");
      const { run } = await needTask(c.get("caller"), given);
      await deleteRun(core, run.id);
      return c.json(
        { status: "success" as const, message: `任务 ${given.task_id} 已删除 / task deleted` },
        200,
      );
    })
    .openapi(deleteTask("/agent/session/{user_id}/{session_id}/{task_id}"), async (c) => {
      const given = c.req.valid("param");
      const { run } = await needTask(c.get("caller"), given);
      await deleteRun(core, run.id);
      return c.json(
        { status: "success" as const, message: `任务 ${given.task_id} 已删除 / task deleted` },
        200,
      );
    });
}

function deleteTask<P extends string>(path: P) {
  return createRoute({
    method: "delete",
    path,
    tags,
    middleware,
    request: { params: ids },
    responses: { 200: json(done, "Gone"), ...faults },
  });
}

/** Their client reads 400 where `/v1` says 409. */
class NotInterrupted extends RefusedError {
  constructor(task: string) {
    super(
      "bad_request",
      `The task ${task} is not interrupted, or has not shown what it waits for yet`,
    );
  }
}

function toReview(type: z.infer<typeof resumeBody>["response_type"], args: unknown): Review {
  if (type === "accept" || type === "reject") {
    return type === "reject" && typeof args === "string" && args !== ""
      ? { type, message: args }
      : { type };
  }
  if (type === "edit") {
    if (typeof args === "object" && args !== null && !Array.isArray(args))
      return { type, args: args as Record<string, unknown> };
    throw wrong('should be {"args": {…the new arguments…}}');
  }
  if (typeof args === "string" && args.trim() !== "") return { type: "respond", message: args };
  throw wrong('should be {"args": "…the feedback…"}');
}

function wrong(message: string): RefusedError {
  return new RefusedError("invalid", `args ${message}`, { fields: [{ path: "/args", message }] });
}
