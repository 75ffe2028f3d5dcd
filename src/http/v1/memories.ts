import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import * as api from "../../api.ts";
import { forget, recall, remember } from "../../memory/memories.ts";
import type { Core } from "../../runs/core.ts";
import { actorOf, needs } from "../caller.ts";
import { presentMemory } from "./present.ts";
import { body, faults, id, json, router, userQuery } from "./route-parts.ts";

const tags = ["memories"];
const middleware = needs("runs");

export function memoryRoutes({ sql }: Core) {
  return router()
    .openapi(
      createRoute({
        method: "get",
        path: "/memories",
        tags,
        middleware,
        request: { query: z.object({ user_id: userQuery, q: api.text.max(1_000).default("") }) },
        responses: {
          200: json(
            api.listOf(api.memory),
            "What is remembered, the newest first; q: with one of these words",
          ),
          ...faults,
        },
      }),
      async (c) => {
        const { user_id, q } = c.req.valid("query");
        const found = await recall(sql, actorOf(c.get("caller"), user_id), q, 200);
        return c.json({ data: found.map(presentMemory), next: null }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/memories",
        tags,
        middleware,
        request: body(api.createMemory),
        responses: { 201: json(api.memory, "Remembered"), ...faults },
      }),
      async (c) => {
        const { user_id, text, kind } = c.req.valid("json");
        const owner = actorOf(c.get("caller"), user_id);
        const memory = await remember(sql, { owner, text, kind, source: "api", author: owner });
        return c.json(presentMemory(memory), 201);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/memories/{id}",
        tags,
        middleware,
        request: { params: id, query: z.object({ user_id: userQuery }) },
        responses: { 204: { description: "Forgotten" }, ...faults },
      }),
      async (c) => {
        await forget(
          sql,
          actorOf(c.get("caller"), c.req.valid("query").user_id),
          c.req.valid("param").id,
        );
        return c.body(null, 204);
      },
    );
}
