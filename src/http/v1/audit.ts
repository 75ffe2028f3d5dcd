import { createRoute } from "@hono/zod-openapi";
import { stream } from "hono/streaming";
import { z } from "zod";
import * as api from "../../api.ts";
import { type AuditFilter, listAudit } from "../../approvals/audit-list.ts";
import type { Core } from "../../runs/core.ts";
import { needs } from "../caller.ts";
import { presentAudit } from "./present.ts";
import { faults, json, limit, page, router } from "./route-parts.ts";

const PAGE = 500;

/** The audit, for those with the scope `admin`: by page, or whole as NDJSON (`Accept: application/x-ndjson`). */
export function auditRoutes({ sql }: Core) {
  return router().openapi(
    createRoute({
      method: "get",
      path: "/audit",
      tags: ["audit"],
      middleware: needs("admin"),
      request: {
        query: z.object({
          action: api.text.optional(),
          actor: api.text.optional(),
          approval_id: api.text.optional(),
          run_id: api.text.optional(),
          from: z.iso.datetime({ offset: true }).optional(),
          to: z.iso.datetime({ offset: true }).optional(),
          after: z.coerce.number().int().min(0).default(0),
          limit,
        }),
      },
      responses: {
        200: {
          ...json(api.listOf(api.auditRow), "In the order of the chain"),
          content: {
            "application/json": { schema: api.listOf(api.auditRow) },
            "application/x-ndjson": { schema: z.string() },
          },
        },
        ...faults,
      },
    }),
    async (c) => {
      const { limit: size, ...given } = c.req.valid("query");
      const filter = toFilter(given);
      if (!c.req.header("accept")?.includes("application/x-ndjson")) {
        const rows = await listAudit(sql, { ...filter, limit: size + 1 });
        return c.json(
          page(rows, size, (row) => String(row.id), presentAudit),
          200,
        );
      }
      c.header("content-type", "application/x-ndjson");
      return stream(c, async (out) => {
        for (let after = given.after; !out.aborted; ) {
          const rows = await listAudit(sql, { ...filter, after, limit: PAGE });
          for (const row of rows) await out.write(`${JSON.stringify(presentAudit(row))}\n`);
          const last = rows.at(-1);
          if (!last || rows.length < PAGE) return;
          after = last.id;
        }
      }) as never;
    },
  );
}

type Given = {
  action?: string | undefined;
  actor?: string | undefined;
  approval_id?: string | undefined;
  run_id?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  after: number;
};

function toFilter({
  action,
  actor,
  approval_id,
  run_id,
  from,
  to,
  after,
}: Given): Omit<AuditFilter, "limit"> {
  return {
    after,
    ...(action !== undefined && { action }),
    ...(actor !== undefined && { actor }),
    ...(approval_id !== undefined && { approvalId: approval_id }),
    ...(run_id !== undefined && { runId: run_id }),
    ...(from !== undefined && { from: new Date(from) }),
    ...(to !== undefined && { to: new Date(to) }),
  };
}
