import { z } from "zod";
import { defineTool } from "../define-tool.ts";

export const remember = defineTool({
  name: "remember",
  description:
    "记住用户的偏好或事实，供以后的会话使用。Remembers a preference or a fact about the user for later conversations.",
  schema: z.strictObject({
    text: z.string().min(1).max(10_000).describe("要记住的内容 / what to remember"),
    kind: z.enum(["preference", "fact", "note"]).default("preference"),
  }),
  tier: "free",
  idempotent: true,
  run: async ({ text, kind }, context) => {
    await context.memory.remember(text, kind);
    return `已记住 / remembered: ${text}`;
  },
});

export const recall = defineTool({
  name: "recall",
  description: "查找记住的关于用户的内容。Looks up what is remembered about the user.",
  schema: z.strictObject({
    query: z
      .string()
      .max(1_000)
      .default("")
      .describe("要找的内容，空为全部 / what to look for; empty for all"),
  }),
  tier: "free",
  idempotent: true,
  run: async ({ query }, context) => {
    const found = await context.memory.recall(query);
    return found.length > 0
      ? found.map((text) => `- ${text}`).join("\n")
      : "没有记住任何内容。Nothing is remembered.";
  },
});
