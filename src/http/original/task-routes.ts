import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { jsonObject, text } from "../../api.ts";
import { decide } from "../../approvals/decide.ts";
import { RefusedError } from "../../errors.ts";
import type { Review } from "../../events.ts";
import { addJob, type Core, TOPICS } from "../../runs/core.ts";
import { deleteRun } from "../../runs/delete.ts";
import { findRunByKey, findSessionByKey } from "../../runs/find-run.ts";
import { MAX_INPUT, submit } from "../../runs/submit.ts";
import { actorOf, type Caller, needs } from "../caller.ts";
import { body, faults, json, router } from "../v1/route-parts.ts";
import { done, ids, middleware, tags, words } from "./parts.ts";
import { statusOf, statusSchema } from "./status.ts";

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

/** The original's tasks: sent, asked for, answered, deleted. */
export function taskRoutes(core: Core) {
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
