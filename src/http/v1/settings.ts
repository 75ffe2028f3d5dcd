import { createRoute } from "@hono/zod-openapi";
import * as api from "../../api.ts";
import type { Core } from "../../runs/core.ts";
import { defaultTtl, setDefaultTtl } from "../../sessions/expiry.ts";
import { needs } from "../caller.ts";
import { body, faults, json, router } from "./route-parts.ts";
import { toTtl } from "./sessions.ts";

const tags = ["settings"];

export function settingRoutes({ sql, config }: Core, modelName: string) {
  async function current(): Promise<api.SettingsBody> {
    const ttl = await defaultTtl(sql, config.SESSION_TTL_SECONDS);
    return {
      session_ttl_seconds: ttl === 0 ? null : ttl,
      history_max_messages:
        config.HISTORY_MAX_TOKENS === undefined ? config.HISTORY_MAX_MESSAGES : null,
      history_max_tokens: config.HISTORY_MAX_TOKENS ?? null,
      model: modelName,
      language: config.LANGUAGE,
    };
  }
  return router()
    .openapi(
      createRoute({
        method: "get",
        path: "/settings",
        tags,
        middleware: needs("runs"),
        responses: { 200: json(api.settings, "In force now"), ...faults },
      }),
      async (c) => c.json(await current(), 200),
    )
    .openapi(
      createRoute({
        method: "patch",
        path: "/settings",
        tags,
        middleware: needs("admin"),
        request: body(api.patchSettings),
        responses: { 200: json(api.settings, "In force from now on"), ...faults },
      }),
      async (c) => {
        const { session_ttl_seconds } = c.req.valid("json");
        if (session_ttl_seconds !== undefined) await setDefaultTtl(sql, toTtl(session_ttl_seconds));
        return c.json(await current(), 200);
      },
    );
}
