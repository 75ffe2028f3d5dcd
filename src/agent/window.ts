import type { StoredMessage } from "../message.ts";

/** The most that a window may hold: messages, or tokens as `count` counts them. */
export type WindowLimit = { messages: number } | { tokens: number; count(text: string): number };

/** What a vendor adds to each message around its text, in tokens. */
const FRAME_TOKENS = 4;

/**
 * The newest whole turns that fit, oldest first. `turns` are a session's runs, oldest first; the first turn that
 * does not fit ends the window, so nothing is missing in its middle. Every call in it has its result and every
 * result its call, whatever the transcript holds: a lone half is left out.
 */
export function chooseWindow(turns: StoredMessage[][], limit: WindowLimit): StoredMessage[] {
  let left = "messages" in limit ? limit.messages : limit.tokens;
  let start = turns.length;
  const kept: StoredMessage[][] = [];
  while (start > 0) {
    const turn = paired(turns[--start] ?? []);
    left -= "messages" in limit ? turn.length : tokensOf(turn, limit.count);
    if (left < 0) break;
    kept.push(turn);
  }
  return kept.reverse().flat();
}

/** Keeps only calls that are answered right after their message, and only the first answer to each. */
function paired(turn: StoredMessage[]): StoredMessage[] {
  const kept: StoredMessage[] = [];
  for (let at = 0; at < turn.length; ) {
    const message = turn[at++] as StoredMessage;
    if (message.type === "tool") continue;
    if (message.type !== "ai" || !message.tool_calls?.length) {
      kept.push(message);
      continue;
    }
    const results = new Map<string, StoredMessage>();
    for (let result = turn[at]; result?.type === "tool"; result = turn[++at])
      if (!results.has(result.tool_call_id)) results.set(result.tool_call_id, result);
    kept.push(...answered(message, results));
  }
  return kept;
}

/** The message with those of its calls that have a result, and these results, in the order of the calls. */
function answered(
  { tool_calls = [], ...rest }: StoredMessage & { type: "ai" },
  results: Map<string, StoredMessage>,
): StoredMessage[] {
  const unique = new Map(tool_calls.map((call) => [call.id, call]));
  const calls = [...unique.values()].filter(({ id }) => results.has(id));
  if (calls.length === 0) return rest.content ? [rest] : [];
  const replies = calls.flatMap(({ id }) => results.get(id) ?? []);
  return [{ ...rest, tool_calls: calls }, ...replies];
}

function tokensOf(turn: StoredMessage[], count: (text: string) => number): number {
  return turn.reduce((sum, message) => sum + FRAME_TOKENS + count(textOf(message)), 0);
}

function textOf(message: StoredMessage): string {
  const calls = message.type === "ai" ? message.tool_calls : undefined;
  return calls?.length ? `${message.content}\n${JSON.stringify(calls)}` : message.content;
}
