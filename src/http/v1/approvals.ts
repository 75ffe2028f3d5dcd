import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import * as api from "../../api.ts";
import { decide } from "../../approvals/decide.ts";
import { findApproval, listApprovals } from "../../approvals/list-approvals.ts";
import { APPROVAL_STATUSES, type Review } from "../../events.ts";
import { addJob, type Core, TOPICS } from "../../runs/core.ts";
import { actorOf, actorPrefix, needs, refuseForeign } from "../caller.ts";
import { presentApproval } from "./present.ts";
import { body, faults, id, json, limit, page, router, userQuery } from "./route-parts.ts";

const tags = ["approvals"];
const middleware = needs("approvals");

export function approvalRoutes(core: Core) {
  const { sql } = core;
  return router()
    .openapi(
      createRoute({
        method: "get",
        path: "/approvals",
        tags,
        middleware,
        request: {
          query: z.object({
            status: z.enum(APPROVAL_STATUSES).optional(),
            user_id: userQuery.optional(),
            run_id: api.text.optional(),
            session_id: api.text.optional(),
            after: api.text.optional(),
            limit,
          }),
        },
        responses: { 200: json(api.listOf(api.approval), "The oldest first"), ...faults },
      }),
      async (c) => {
        const { status, user_id, run_id, session_id, after, limit: size } = c.req.valid("query");
        const caller = c.get("caller");
        const rows = await listApprovals(sql, {
          limit: size + 1,
          ...(user_id === undefined
            ? { ownerPrefix: actorPrefix(caller) }
            : { owner: actorOf(caller, user_id) }),
          ...(status && { status }),
          ...(run_id && { runId: run_id }),
          ...(session_id && { sessionId: session_id }),
          ...(after && { after }),
        });
        return c.json(
          page(rows, size, (row) => row.id, presentApproval),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/approvals/{id}",
        tags,
        middleware,
        request: { params: id },
        responses: { 200: json(api.approval, "The approval"), ...faults },
      }),
      async (c) => {
        const { id: approvalId } = c.req.valid("param");
        const approval = await findApproval(sql, approvalId);
        refuseForeign(c.get("caller"), approval.owner, `approval ${approvalId}`);
        return c.json(presentApproval(approval), 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/approvals/{id}/decision",
        tags,
        middleware,
        request: { params: id, ...body(api.decide) },
        responses: { 200: json(api.approval, "Decided"), ...faults },
      }),
      async (c) => {
        const { id: approvalId } = c.req.valid("param");
        const given = c.req.valid("json");
        const caller = c.get("caller");
        const there = await findApproval(sql, approvalId);
        refuseForeign(caller, there.owner, `approval ${approvalId}`);
        const { approval, wake } = await decide(core, {
          approvalId,
          actor: actorOf(caller, given.user_id),
          review: toReview(given),
          via: "api",
          ...(given.digest !== undefined && { digest: given.digest }),
        });
        core.announcements.publish(TOPICS.journal, {
          runId: approval.runId,
          sessionId: approval.sessionId,
        });
        await addJob(core, wake);
        return c.json(presentApproval(approval), 200);
      },
    );
}

function toReview(given: api.DecideBody): Review {
  switch (given.type) {
    case "accept":
      return { type: "accept" };
    case "edit":
      return { type: "edit", args: given.args };
    case "respond":
      return { type: "respond", message: given.message };
    case "reject":
      return given.message === undefined
        ? { type: "reject" }
        : { type: "reject", message: given.message };
    default: {
      const never: never = given;
      throw new TypeError(`Unknown decision ${JSON.stringify(never)}`);
    }
  }
}
