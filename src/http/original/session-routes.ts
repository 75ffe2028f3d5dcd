import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { key } from "../../api.ts";
import { RefusedError } from "../../errors.ts";
import { remember } from "../../memory/memories.ts";
import type { Core } from "../../runs/core.ts";
import { deleteSession } from "../../runs/delete.ts";
import { findSessionByKey, listRuns } from "../../runs/find-run.ts";
import {
  isKnownOwner,
  latestSession,
  listSessions,
  openSessions,
} from "../../sessions/list-sessions.ts";
import { actorOf, actorPrefix, userOf } from "../caller.ts";
import { body, faults, json, router } from "../v1/route-parts.ts";
import { done, ids, middleware, tags, words } from "./parts.ts";

/** Their lists have no pages. */
const MOST = 1_000;

/** The original's sessions, their tasks, and what is remembered of a user. */
export function sessionRoutes(core: Core) {
  const { sql } = core;

  return router()
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
    );
}
