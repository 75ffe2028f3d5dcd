import type { Call, Turn } from "./turn.ts";

const NAMED = /(?:\bcall|\buse|调用)\s*(?:工具|tool)?\s*(?<tool>[\w.-]+)\s*(?<args>\{[\s\S]*\})/iu;

/** Any bound tool by its name: `call echo {"message": "hi"}`. */
export function named(turn: Turn): Call | undefined {
  const { tool, args } = NAMED.exec(turn.said)?.groups ?? {};
  if (!turn.tools.some(({ name }) => name === tool) || !tool || !args) return undefined;
  try {
    return { name: tool, args: JSON.parse(args) as Record<string, unknown> };
  } catch {
    return undefined;
  }
}
