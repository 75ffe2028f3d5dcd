import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import * as api from "../../api.ts";
import { listGrants, revokeGrant } from "../../approvals/grants.ts";
import type { Core } from "../../runs/core.ts";
import { actorOf, needs } from "../caller.ts";
import { presentGrant } from "./present.ts";
import { faults, id, json, router, userQuery } from "./route-parts.ts";

const tags = ["grants"];
const middleware = needs("approvals");
const query = z.object({ user_id: userQuery });

export function grantRoutes({ sql, clock }: Core) {
  return router()
    .openapi(
      createRoute({
        method: "get",
        path: "/grants",
        tags,
        middleware,
        request: { query },
        responses: {
          200: json(api.listOf(api.grant), "In force for this user's calls, or given by this user"),
          ...faults,
        },
      }),
      async (c) => {
        const actor = actorOf(c.get("caller"), c.req.valid("query").user_id);
        const found = await listGrants(sql, { requester: actor, grantedBy: actor }, clock());
        return c.json({ data: found.map(presentGrant), next: null }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/grants/{id}",
        tags,
        middleware,
        request: { params: id, query },
        responses: { 204: { description: "Revoked" }, ...faults },
      }),
      async (c) => {
        const actor = actorOf(c.get("caller"), c.req.valid("query").user_id);
        await sql.begin((tx) => revokeGrant(tx, c.req.valid("param").id, actor, clock()));
        return c.body(null, 204);
      },
    );
}
