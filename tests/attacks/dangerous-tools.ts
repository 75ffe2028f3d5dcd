import type { Tool } from "#src/agent/tool.ts";
import type { Actor } from "#src/events.ts";
import { compileCheck } from "#src/forms/check-args.ts";

/** A call as a tool of the stage got it. */
export type Ran = { tool: string; args: Record<string, unknown>; user: Actor; key: string };

export type Doing = {
  /** Every execution, in order. */
  ran: Ran[];
  /** What tools do next, instead of answering `ran`. */
  tools: { run: (ran: Ran, signal: AbortSignal) => Promise<string> };
};

/** Tools of each asking tier that write down what they are told to do, and then do what `stage.tools` says. */
export function dangerousTools(stage: Doing): Tool[] {
  const money = {
    type: "object",
    properties: { to: { type: "string" }, amount: { type: "number" } },
    required: ["to", "amount"],
    additionalProperties: false,
  };
  const tool = (name: string, tier: Tool["tier"], parameters: object): Tool => ({
    name,
    description: `Does ${name}.`,
    parameters: { ...parameters },
    tier,
    idempotent: false,
    timeoutMs: 500,
    source: "own",
    check: compileCheck({ ...parameters }),
    async run(args, { user, idempotencyKey, signal }) {
      const ran = { tool: name, args, user, key: idempotencyKey };
      stage.ran.push(ran);
      return stage.tools.run(ran, signal);
    },
  });
  return [
    tool("transfer", "ask", money),
    tool("wipe", "guarded", money),
    tool("vault", "dashboard", money),
    tool("anything", "ask", { type: "object" }),
  ];
}
