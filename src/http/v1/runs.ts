import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import * as api from "../../api.ts";
import type { Core } from "../../runs/core.ts";
import { deleteRun } from "../../runs/delete.ts";
import { findRun, listRuns } from "../../runs/find-run.ts";
import type { Feed } from "../../runs/follow-run.ts";
import { stopRun } from "../../runs/stop.ts";
import { submit } from "../../runs/submit.ts";
import { findSession } from "../../sessions/find-or-create.ts";
import { actorOf, type Caller, needs, refuseForeign, userOf } from "../caller.ts";
import { streamRun } from "../stream.ts";
import { presentRun } from "./present.ts";
import { body, faults, id, json, limit, page, router, seq } from "./route-parts.ts";

const tags = ["runs"];
const middleware = needs("runs");

export function runRoutes(core: Core, feed: Feed) {
  const { sql } = core;
  const own = async (caller: Caller, runId: string) => {
    const run = await findRun(sql, runId);
    refuseForeign(caller, run.owner, `run ${runId}`);
    return run;
  };

  return router()
    .openapi(
      createRoute({
        method: "post",
        path: "/sessions/{id}/runs",
        tags,
        middleware,
        request: { params: id, ...body(api.createRun) },
        responses: { 202: json(api.run, "Taken in: follow its events"), ...faults },
      }),
      async (c) => {
        const { id: sessionId } = c.req.valid("param");
        const given = c.req.valid("json");
        const session = await findSession(sql, sessionId);
        refuseForeign(c.get("caller"), session.owner, `session ${sessionId}`);
        const { run } = await submit(core, {
          session: { kind: "id", id: sessionId, owner: session.owner },
          requester: session.owner,
          input: given.input,
          ...(given.external_id !== undefined && { externalKey: given.external_id }),
          ...(given.system_message !== undefined && { systemMessage: given.system_message }),
          ...(given.while_running && { whileRunning: given.while_running }),
          ...(given.language && { language: given.language }),
        });
        return c.json(presentRun(run), 202);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/sessions/{id}/runs",
        tags,
        middleware,
        request: { params: id, query: z.object({ after: api.text.optional(), limit }) },
        responses: { 200: json(api.listOf(api.run), "The newest first"), ...faults },
      }),
      async (c) => {
        const { id: sessionId } = c.req.valid("param");
        const { after, limit: size } = c.req.valid("query");
        const session = await findSession(sql, sessionId);
        refuseForeign(c.get("caller"), session.owner, `session ${sessionId}`);
        const rows = await listRuns(sql, sessionId, after, size + 1);
        return c.json(
          page(rows, size, (row) => row.id, presentRun),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/runs/{id}",
        tags,
        middleware,
        request: { params: id },
        responses: { 200: json(api.run, "The run"), ...faults },
      }),
      async (c) => c.json(presentRun(await own(c.get("caller"), c.req.valid("param").id)), 200),
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/runs/{id}/stop",
        tags,
        middleware,
        request: {
          params: id,
          body: {
            content: {
              "application/json": {
                schema: z.strictObject({
                  user_id: api.key.optional(),
                  reason: api.text.max(500).optional(),
                }),
              },
            },
          },
        },
        responses: { 202: json(api.run, "It ends as soon as its worker hears of it"), ...faults },
      }),
      async (c) => {
        const run = await own(c.get("caller"), c.req.valid("param").id);
        const { user_id = userOf(run.requester), reason } = c.req.valid("json");
        const stopped = await stopRun(core, run.id, actorOf(c.get("caller"), user_id), reason);
        return c.json(presentRun(stopped), 202);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/runs/{id}",
        tags,
        middleware,
        request: { params: id },
        responses: { 204: { description: "Gone" }, ...faults },
      }),
      async (c) => {
        const run = await own(c.get("caller"), c.req.valid("param").id);
        await deleteRun(core, run.id);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/runs/{id}/events",
        tags,
        middleware,
        request: {
          params: id,
          query: z.object({ after: seq.optional() }),
          headers: z.object({ "last-event-id": seq.optional() }),
        },
        responses: {
          200: {
            description: "Server-sent events: the journal, then what comes",
            content: { "text/event-stream": { schema: z.string() } },
          },
          ...faults,
        },
      }),
      async (c) => {
        const run = await own(c.get("caller"), c.req.valid("param").id);
        const after = c.req.valid("header")["last-event-id"] ?? c.req.valid("query").after ?? 0;
        return streamRun(c, core, feed, run.id, after);
      },
    );
}
