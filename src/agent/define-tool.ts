import { z } from "zod";
import type { Tool, ToolContext } from "./tool.ts";

/** A tool of our own from a zod schema. Tier, idempotency and time-out are the server's to say, never the model's. */
export function defineTool<S extends z.ZodObject>(spec: {
  name: string;
  description: string;
  schema: S;
  tier: Tool["tier"];
  idempotent: boolean;
  timeoutMs?: number;
  run(args: z.output<S>, context: ToolContext): Promise<string>;
}): Tool {
  return {
    name: spec.name,
    description: spec.description,
    parameters: z.toJSONSchema(spec.schema, { io: "input" }) as Record<string, unknown>,
    tier: spec.tier,
    idempotent: spec.idempotent,
    timeoutMs: spec.timeoutMs ?? 60_000,
    source: "own",
    check(args) {
      const parsed = spec.schema.safeParse(args);
      if (parsed.success) return { ok: true, args: parsed.data as Record<string, unknown> };
      return {
        ok: false,
        errors: parsed.error.issues.map((issue) => ({
          path: issue.path.map((part) => `/${String(part)}`).join(""),
          message: issue.message,
        })),
      };
    },
    run: (args, context) => spec.run(args as z.output<S>, context),
  };
}
