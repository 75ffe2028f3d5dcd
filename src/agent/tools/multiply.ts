import { z } from "zod";
import { defineTool } from "../define-tool.ts";

export const multiply = defineTool({
  name: "multiply",
  description: "计算两个数的乘积的工具。Multiplies two numbers.",
  schema: z.strictObject({
    a: z.number().describe("第一个乘数 / the first factor"),
    b: z.number().describe("第二个乘数 / the second factor"),
  }),
  tier: "free",
  idempotent: true,
  run: async ({ a, b }) => `${a}乘以${b}等于${a * b}。`,
});
