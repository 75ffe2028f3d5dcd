import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import * as api from "../../api.ts";
import { RefusedError } from "../../errors.ts";
import type { Core } from "../../runs/core.ts";
import { deleteSession } from "../../runs/delete.ts";
import { changeSession } from "../../sessions/change-session.ts";
import { defaultTtl } from "../../sessions/expiry.ts";
import { createSession, findSession, openSession } from "../../sessions/find-or-create.ts";
import { latestSession, listSessions } from "../../sessions/list-sessions.ts";
import { readTranscript } from "../../sessions/transcript.ts";
import { actorOf, type Caller, needs, refuseForeign } from "../caller.ts";
import { presentMessage, presentSession } from "./present.ts";
import { body, faults, id, json, limit, page, router, seq, userQuery } from "./route-parts.ts";

const tags = ["sessions"];
const middleware = needs("runs");

export function sessionRoutes(core: Core) {
  const { sql, config } = core;
  const show = async (session: Parameters<typeof presentSession>[0]) =>
    presentSession(session, await defaultTtl(sql, config.SESSION_TTL_SECONDS));
  const own = async (caller: Caller, sessionId: string) => {
    const session = await findSession(sql, sessionId);
    refuseForeign(caller, session.owner, `session ${sessionId}`);
    return session;
  };

  return router()
    .openapi(
      createRoute({
        method: "post",
        path: "/sessions",
        tags,
        middleware,
        request: body(api.createSession),
        responses: {
          201: json(api.session, "Made"),
          200: json(api.session, "Was there"),
          ...faults,
        },
      }),
      async (c) => {
        const { user_id, external_id, title = "" } = c.req.valid("json");
        const owner = actorOf(c.get("caller"), user_id);
        if (external_id === undefined)
          return c.json(await show(await createSession(sql, owner, title)), 201);
        const { session, created } = await openSession(sql, owner, external_id, title);
        return c.json(await show(session), created ? 201 : 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/sessions",
        tags,
        middleware,
        request: {
          query: z.object({
            user_id: userQuery,
            status: z.enum(["open", "closed"]).optional(),
            after: api.text.optional(),
            limit,
          }),
        },
        responses: { 200: json(api.listOf(api.session), "The latest active first"), ...faults },
      }),
      async (c) => {
        const { user_id, status, after, limit: size } = c.req.valid("query");
        const owner = actorOf(c.get("caller"), user_id);
        const rows = await listSessions(sql, {
          owner,
          limit: size + 1,
          ...(status && { status }),
          ...(after && { after }),
        });
        const ttl = await defaultTtl(sql, config.SESSION_TTL_SECONDS);
        return c.json(
          page(
            rows,
            size,
            (row) => row.id,
            (row) => presentSession(row, ttl),
          ),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/sessions/latest",
        tags,
        middleware,
        request: { query: z.object({ user_id: userQuery }) },
        responses: { 200: json(api.session, "The open session that was used last"), ...faults },
      }),
      async (c) => {
        const { user_id } = c.req.valid("query");
        const session = await latestSession(sql, actorOf(c.get("caller"), user_id));
        if (!session) throw new RefusedError("not_found", `${user_id} has no open session`);
        return c.json(await show(session), 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/sessions/{id}",
        tags,
        middleware,
        request: { params: id },
        responses: { 200: json(api.session, "The session"), ...faults },
      }),
      async (c) => c.json(await show(await own(c.get("caller"), c.req.valid("param").id)), 200),
    )
    .openapi(
      createRoute({
        method: "patch",
        path: "/sessions/{id}",
        tags,
        middleware,
        request: { params: id, ...body(api.patchSession) },
        responses: { 200: json(api.session, "As it is now"), ...faults },
      }),
      async (c) => {
        const { id: sessionId } = c.req.valid("param");
        await own(c.get("caller"), sessionId);
        const { title, status, ttl_seconds, settings } = c.req.valid("json");
        const changed = await changeSession(sql, sessionId, {
          ...(title !== undefined && { title }),
          ...(status === "open" && { reopen: true }),
          ...(ttl_seconds !== undefined && { ttlSeconds: toTtl(ttl_seconds) }),
          ...(settings && {
            settings: defined({
              model: settings.model,
              systemPrompt: settings.system_prompt,
              language: settings.language,
              whileRunning: settings.while_running,
              whileWaiting: settings.while_waiting,
            }),
          }),
        });
        return c.json(await show(changed), 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/sessions/{id}",
        tags,
        middleware,
        request: { params: id },
        responses: { 204: { description: "Gone, with its runs" }, ...faults },
      }),
      async (c) => {
        const { id: sessionId } = c.req.valid("param");
        await own(c.get("caller"), sessionId);
        await deleteSession(core, sessionId);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/sessions/{id}/messages",
        tags,
        middleware,
        request: {
          params: id,
          query: z.object({ after: seq.default(0), limit }),
        },
        responses: { 200: json(api.listOf(api.message), "The transcript, in order"), ...faults },
      }),
      async (c) => {
        const { after, limit: size } = c.req.valid("query");
        const session = await own(c.get("caller"), c.req.valid("param").id);
        const rows = await readTranscript(sql, session.id, after, size + 1);
        return c.json(
          page(rows, size, (row) => String(row.seq), presentMessage),
          200,
        );
      },
    );
}

/** `never` is 0 and `default` null, as sessions keep it. */
export function toTtl(given: number | "never" | "default"): number | null {
  if (given === "never") return 0;
  return given === "default" ? null : given;
}

/** Without the fields that were not given; null stays: it goes back to the default. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
