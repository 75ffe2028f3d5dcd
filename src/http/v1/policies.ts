import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import * as api from "../../api.ts";
import { explain } from "../../approvals/explain.ts";
import { LANGUAGES, TIERS } from "../../events.ts";
import type { Core } from "../../runs/core.ts";
import { actorOf, needs } from "../caller.ts";
import { body, faults, json, router } from "./route-parts.ts";

const tags = ["policies"];

const call = z.strictObject({
  tool: api.text
    .min(1)
    .describe("A tool's name; one of an MCP server as server__tool or by its own name"),
  args: z.record(z.string(), z.unknown()).default({}),
  user_id: api.key,
  place: api.text.optional(),
  tier: z
    .enum(TIERS)
    .optional()
    .describe("Of a tool that this process does not know; ask if absent"),
  taint: z.array(api.text).default([]),
  at: z.iso.datetime({ offset: true }).optional(),
  language: z.enum(LANGUAGES).default("en"),
});

const explanation = z.object({
  rules: z.array(z.object({ name: z.string(), matched: z.boolean(), why: z.string() })),
  ruling: z
    .record(z.string(), z.unknown())
    .describe("kind run, deny or ask, with the reason and the rule"),
  tier: z.enum(TIERS).describe("As which the call was matched"),
  taint: z.array(z.string()),
});

/** Which rule a hypothetical call would meet, and why. */
export function policyRoutes(core: Core) {
  return router().openapi(
    createRoute({
      method: "post",
      path: "/policies/explain",
      tags,
      middleware: needs("approvals"),
      request: body(call),
      responses: {
        200: json(explanation, "Every rule in its order, and what becomes of the call"),
        ...faults,
      },
    }),
    (c) => {
      const given = c.req.valid("json");
      const tool = core.tools().get(given.tool);
      const requester = actorOf(c.get("caller"), given.user_id);
      const told = explain(core.policies.current(), {
        tool: {
          name: given.tool,
          tier: tool?.tier ?? given.tier ?? "ask",
          source: tool?.source ?? "own",
          destructive: tool?.destructive ?? false,
        },
        args: given.args,
        requester,
        place: given.place ?? requester,
        taint: given.taint,
        language: given.language,
        at: given.at === undefined ? core.clock() : new Date(given.at),
      });
      return c.json(told, 200);
    },
  );
}
