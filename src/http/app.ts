import { OpenAPIHono } from "@hono/zod-openapi";
import { secureHeaders } from "hono/secure-headers";
import { v7 } from "uuid";
import type { Log } from "../log.ts";
import type { RateLimit } from "../ports/rate-limit.ts";
import type { Core } from "../runs/core.ts";
import type { Feed } from "../runs/follow-run.ts";
import { authenticate } from "./caller.ts";
import { docsPage } from "./docs.ts";
import type { Env } from "./env.ts";
import { type Check, healthRoutes } from "./health.ts";
import { limitBody, limitRate } from "./limits.ts";
import { jsonOnly, loopbackOnly } from "./loopback-only.ts";
import { sessionRoutes as originalSessionRoutes } from "./original/session-routes.ts";
import { taskRoutes } from "./original/task-routes.ts";
import { notFound, problems } from "./problem.ts";
import { approvalRoutes } from "./v1/approvals.ts";
import { auditRoutes } from "./v1/audit.ts";
import { grantRoutes } from "./v1/grants.ts";
import { memoryRoutes } from "./v1/memories.ts";
import { policyRoutes } from "./v1/policies.ts";
import { runRoutes } from "./v1/runs.ts";
import { sessionRoutes } from "./v1/sessions.ts";
import { settingRoutes } from "./v1/settings.ts";

export type AppParts = {
  core: Core;
  feed: Feed;
  rateLimit: RateLimit;
  checks: Check[];
  modelName: string;
};

/** The whole HTTP side: health and documentation open, everything else behind the keys. */
export function createApp({
  core,
  feed,
  rateLimit,
  checks,
  modelName,
}: AppParts): OpenAPIHono<Env> {
  const keys = core.config.API_KEYS;
  const app = new OpenAPIHono<Env>();
  app.onError(problems(core.log));
  app.notFound(notFound);
  app.use(requestId(core.log), secureHeaders());
  app.route("/", healthRoutes(checks));
  if (keys.length === 0) app.use(loopbackOnly);
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "Countersign",
      version: "1",
      description:
        "An agent that asks before it acts. `/v1` is the API; `/agent` and `/system` are the original service's.",
    },
    ...(keys.length > 0 && { security: [{ bearer: [] }] }),
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
  });
  app.get("/docs", (c) =>
    c.html(
      docsPage(
        app.getOpenAPI31Document({
          openapi: "3.1.0",
          info: { title: "Countersign", version: "1" },
        }),
      ),
    ),
  );
  for (const path of ["/v1/*", "/agent/*", "/system/*"])
    app.use(path, authenticate(keys), limitRate(rateLimit), jsonOnly, limitBody);
  for (const routes of [
    sessionRoutes(core),
    runRoutes(core, feed),
    approvalRoutes(core),
    grantRoutes(core),
    auditRoutes(core),
    policyRoutes(core),
    memoryRoutes(core),
    settingRoutes(core, modelName),
  ])
    app.route("/v1", routes);
  app.route("/", taskRoutes(core));
  app.route("/", originalSessionRoutes(core));
  return app;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,100}$/;

/** Every answer names its request, by the client's id where it gave one; slow and failed ones are logged. */
function requestId(log: Log) {
  return async (c: import("hono").Context<Env>, next: () => Promise<void>) => {
    const given = c.req.header("x-request-id") ?? "";
    const id = REQUEST_ID.test(given) ? given : v7();
    c.set("requestId", id);
    c.header("x-request-id", id);
    const since = performance.now();
    await next();
    const ms = Math.round(performance.now() - since);
    log.debug(
      { request: id, method: c.req.method, path: c.req.path, status: c.res.status, ms },
      "request",
    );
  };
}
