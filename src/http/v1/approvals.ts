import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import * as api from "../../api.ts";
import { cardOf } from "../../approvals/card.ts";
import type { Decided } from "../../approvals/close-approval.ts";
import { decide } from "../../approvals/decide.ts";
import type { GrantRequest } from "../../approvals/grants.ts";
import {
  type Approval,
  findApproval,
  listApprovals,
  type OwnedApproval,
} from "../../approvals/list-approvals.ts";
import { mayDecide } from "../../approvals/may-decide.ts";
import { recordView } from "../../approvals/record-view.ts";
import type { Rule } from "../../approvals/rule.ts";
import { withdraw } from "../../approvals/withdraw.ts";
import { APPROVAL_STATUSES, type Review } from "../../events.ts";
import { addJob, type Core, TOPICS } from "../../runs/core.ts";
import { actorOf, actorPrefix, type Caller, needs, refuseForeign } from "../caller.ts";
import { presentApproval } from "./present.ts";
import { body, faults, id, json, limit, page, router, userQuery } from "./route-parts.ts";

const tags = ["approvals"];
const middleware = needs("approvals");

/** How many open approvals are looked through for those that somebody may decide. */
const MOST_OPEN = 500;

export function approvalRoutes(core: Core) {
  const { sql } = core;
  const present = async (approval: Approval) =>
    presentApproval(approval, await cardOf(sql, approval));
  /** Lets everybody know who has to, once it is committed. */
  const told = async ({ approval, wake }: Decided) => {
    const { runId, sessionId } = approval;
    core.announcements.publish(TOPICS.journal, { runId, sessionId });
    await addJob(core, wake);
    return present(approval);
  };
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
            approver_id: userQuery.optional().describe("Only what this user may decide now"),
            run_id: api.text.optional(),
            session_id: api.text.optional(),
            after: api.text.optional(),
            limit,
          }),
        },
        responses: { 200: json(api.listOf(api.approval), "The oldest first"), ...faults },
      }),
      async (c) => {
        const {
          status,
          user_id,
          approver_id,
          run_id,
          session_id,
          after,
          limit: size,
        } = c.req.valid("query");
        const caller = c.get("caller");
        const filter = {
          limit: approver_id === undefined ? size + 1 : MOST_OPEN,
          ...(status && { status }),
          ...(run_id && { runId: run_id }),
          ...(session_id && { sessionId: session_id }),
          ...(after && { after }),
        };
        const rows =
          approver_id === undefined
            ? await listApprovals(sql, {
                ...filter,
                ...(user_id === undefined
                  ? { ownerPrefix: actorPrefix(caller) }
                  : { owner: actorOf(caller, user_id) }),
              })
            : await decidable(
                core,
                caller,
                approver_id,
                await listApprovals(sql, { ...filter, status: "pending" }),
              );
        const shown = await Promise.all(rows.slice(0, size + 1).map(present));
        return c.json(
          page(
            shown,
            size,
            (row) => row.id,
            (row) => row,
          ),
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
        request: { params: id, query: z.object({ user_id: userQuery.optional() }) },
        responses: { 200: json(api.approval, "The approval"), ...faults },
      }),
      async (c) => {
        const { id: approvalId } = c.req.valid("param");
        const approval = await findApproval(sql, approvalId);
        await refuseUnseen(core, c.get("caller"), approval, c.req.valid("query").user_id);
        return c.json(await present(approval), 200);
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
        try {
          const decided = await decide(core, {
            approvalId,
            actor: actorOf(caller, given.user_id),
            review: toReview(given),
            via: "api",
            scopes: caller.scopes,
            ...(given.digest !== undefined && { digest: given.digest }),
            ...(given.type === "accept" && given.grant && { grant: toGrantRequest(given.grant) }),
          });
          return c.json(await told(decided), 200);
        } catch (error) {
          // Only now: who may not even see it is refused, and written down, by `decide` as everybody is.
          await refuseUnseen(core, caller, there, given.user_id);
          throw error;
        }
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/approvals/{id}/view",
        tags,
        middleware,
        request: {
          params: id,
          ...body(z.strictObject({ user_id: api.key, digest: z.string().optional() })),
        },
        responses: {
          200: json(api.approval, "All of it; noted that this user was shown it"),
          ...faults,
        },
      }),
      async (c) => {
        const { id: approvalId } = c.req.valid("param");
        const caller = c.get("caller");
        const { user_id, digest } = c.req.valid("json");
        await refuseUnseen(core, caller, await findApproval(sql, approvalId), user_id);
        return c.json(
          await present(await recordView(sql, approvalId, actorOf(caller, user_id), "api", digest)),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/approvals/{id}/withdraw",
        tags,
        middleware,
        request: { params: id, ...body(z.strictObject({ user_id: api.key })) },
        responses: { 200: json(api.approval, "Taken back by who asked for it"), ...faults },
      }),
      async (c) => {
        const { id: approvalId } = c.req.valid("param");
        const caller = c.get("caller");
        const actor = actorOf(caller, c.req.valid("json").user_id);
        refuseForeign(
          caller,
          (await findApproval(sql, approvalId)).owner,
          `approval ${approvalId}`,
        );
        return c.json(await told(await withdraw(core, approvalId, actor)), 200);
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

function toGrantRequest(
  given: NonNullable<Extract<api.DecideBody, { type: "accept" }>["grant"]>,
): GrantRequest {
  const { scope, expires_in_seconds, uses, fixed } = given;
  return {
    scope,
    expiresInMs: expires_in_seconds * 1000,
    ...(uses !== undefined && { uses }),
    ...(fixed && { fixed }),
  };
}

function may(core: Core, caller: Caller, approval: Approval, user: string) {
  const { requester, place, stage } = approval;
  const actor = actorOf(caller, user);
  const decider = { actor, requester, place, stage, scopes: caller.scopes };
  return mayDecide(
    approval.rule as Rule,
    decider,
    core.directoryOf(actor),
    AbortSignal.timeout(2_500),
  );
}

/** An approval is there for the key whose user asked, and for those who may decide it. */
async function refuseUnseen(
  core: Core,
  caller: Caller,
  approval: OwnedApproval,
  user: string | undefined,
): Promise<void> {
  if (user !== undefined && (await may(core, caller, approval, user)).yes) return;
  refuseForeign(caller, approval.owner, `approval ${approval.id}`);
}

async function decidable(
  core: Core,
  caller: Caller,
  user: string,
  open: OwnedApproval[],
): Promise<OwnedApproval[]> {
  const answers = await Promise.all(open.map((approval) => may(core, caller, approval, user)));
  return open.filter((_, index) => answers[index]?.yes);
}
