import { Hono } from "hono";
import { messageOf } from "../errors.ts";
import type { Env } from "./env.ts";

/** One thing that a process needs (`required`) or can do without. Rejects where it is away. */
export type Check = { name: string; required: boolean; run(): Promise<void> };

const CHECK_MS = 2_500;

/** `/live`: the process answers. `/ready`: by tiers, 503 only where something required is away. */
export function healthRoutes(checks: Check[]) {
  return new Hono<Env>()
    .get("/live", (c) => c.json({ status: "ok" }))
    .get("/ready", async (c) => {
      const results = await Promise.all(
        checks.map(async (check) => ({ check, fault: await faultOf(check) })),
      );
      const down = results.filter(({ fault }) => fault !== undefined);
      const required = down.some(({ check }) => check.required);
      const status = required ? "down" : down.length > 0 ? "degraded" : "ok";
      const body = Object.fromEntries(
        results.map(({ check, fault }) => [
          check.name,
          fault === undefined ? { status: "ok" } : { status: "down", error: fault },
        ]),
      );
      return c.json({ status, checks: body }, required ? 503 : 200);
    });
}

async function faultOf(check: Check): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not answer within ${CHECK_MS} ms`)), CHECK_MS);
  });
  try {
    await Promise.race([check.run(), late]);
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    clearTimeout(timer);
  }
}
