import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import type { Language } from "../../../events.ts";

/** A tool as it was bound to the model: `parameters` is the JSON Schema of its arguments. */
export type BoundTool = { name: string; parameters: { properties?: Record<string, unknown> } };

export type Call = { name: string; args: Record<string, unknown> };

/** A call of this turn that has been answered, by the tool or by a person instead of it. */
export type Answered = { call: Call; content: string };

/** What a rule sees of the prompt: the turn that began with the newest human message. */
export type Turn = {
  /** What the person said, newest; "" where it is too long to be one of the sentences that the rules know. */
  said: string;
  language: Language;
  /** What people said before, oldest first. */
  earlier: string[];
  /** All system messages. */
  system: string;
  /** The calls of the newest AI message of this turn, where they have been answered; else empty. */
  answered: Answered[];
  /** How many calls of this turn have been answered, by tool. */
  answeredBefore(tool: string): number;
  tools: BoundTool[];
};

/** What a rule makes of a turn: words, calls or both. */
export type Reply = { text: string; calls?: Call[]; delayMs?: number };

const LONGEST = 4_000;

/** Reads a prompt. Never throws: with nothing said, `said` is empty. */
export function readTurn(messages: BaseMessage[], tools: BoundTool[]): Turn {
  const start = messages.findLastIndex((message) => HumanMessage.isInstance(message));
  const text = messages[start]?.text ?? "";
  const since = messages.slice(start + 1);
  const calls = since.findLastIndex((message) => AIMessage.isInstance(message));
  return {
    said: text.length > LONGEST ? "" : text,
    language: /\p{Script=Han}/u.test(text) ? "zh" : "en",
    earlier: texts(messages.slice(0, Math.max(start, 0)), "human"),
    system: texts(messages, "system").join("\n"),
    answered: pair(since[calls], since.slice(calls + 1)),
    answeredBefore: (tool) =>
      since.filter((message) => ToolMessage.isInstance(message) && message.name === tool).length,
    tools,
  };
}

/** The words in the language of the person who is answered. */
export function inWords(turn: Turn, words: Record<Language, string>): string {
  return words[turn.language];
}

export function isBound(turn: Turn, name: string): boolean {
  return turn.tools.some((tool) => tool.name === name);
}

function texts(messages: BaseMessage[], type: "human" | "system"): string[] {
  return messages.filter((message) => message.type === type).map((message) => message.text);
}

function pair(asked: BaseMessage | undefined, results: BaseMessage[]): Answered[] {
  if (!AIMessage.isInstance(asked)) return [];
  return results.filter(ToolMessage.isInstance).flatMap((result) => {
    const call = asked.tool_calls?.find(({ id }) => id === result.tool_call_id);
    return call ? [{ call: { name: call.name, args: call.args }, content: result.text }] : [];
  });
}
