import type { ReadStream, WriteStream } from "node:tty";
import { styleText } from "node:util";
import { isCancel, text } from "@clack/prompts";
import type { Words } from "./words.ts";

/** A key as node:readline tells of it. */
export type Key = { name?: string; ctrl?: boolean };

/**
 * One message. What is pasted in several lines is sent as such: the prompt ends with the first line, and what
 * the terminal delivers with it belongs to the same message.
 */
export async function readMessage(
  input: ReadStream,
  output: WriteStream,
  words: Words,
): Promise<{ kind: "typed"; text: string } | { kind: "cancelled" | "end" }> {
  const stop = new AbortController();
  let isOver = false;
  let pasted = "";
  const prompt = text({
    message: styleText("bold", words.you),
    placeholder: words.prompt,
    input,
    output,
    signal: stop.signal,
  });
  const onKey = (character: string | undefined, key: Key) => {
    const isReturn = key.name === "return" || key.name === "enter";
    if (isOver) pasted += isReturn ? "\n" : (character ?? "");
    else if (isReturn) isOver = true;
    else if (key.ctrl && key.name === "d" && input.isPaused()) stop.abort(); // readline has ended
  };
  input.on("keypress", onKey);
  const typed = await prompt;
  input.off("keypress", onKey);
  if (stop.signal.aborted) return { kind: "end" };
  if (isCancel(typed)) return { kind: "cancelled" };
  const rest = pasted.trim() === "" ? "" : `\n${pasted.trimEnd()}`;
  return { kind: "typed", text: (typed ?? "") + rest };
}
