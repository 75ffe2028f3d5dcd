import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Choice, Screen } from "./screen.ts";
import { visible, visibleLine } from "./visible.ts";

/** A screen for pipes and scripts: lines in, plain text out, no control codes. A line `stop` interrupts a run. */
export function plainScreen(input: Readable, output: Writable): Screen {
  const lines = lineQueue(input);
  const write = (text: string) => void output.write(`${text}\n`);
  let spoken = { message: "", text: "" };
  const settle = () => {
    if (spoken.text) write(noCard(spoken.text).trimEnd());
    spoken = { message: "", text: "" };
  };

  async function choose(question: string, choices: Choice[]): Promise<undefined> {
    write(visibleLine(question));
    for (const { label, hint } of choices)
      write(`  ${visibleLine(label)}${hint ? `  (${visibleLine(hint)})` : ""}`);
  }

  return {
    isInteractive: false,
    line: () => lines.next(),
    say: (text) => write(noCard(text)),
    card: (title, text) => write(`\n== ${visibleLine(title)} ==\n${visible(text)}`),
    pages: (text) => [text],
    heard: (text) => write(`> ${visible(text).replaceAll("\n", "\n> ")}`),
    stream(message, text) {
      if (spoken.message !== message) settle();
      spoken = { message, text: spoken.text + text };
    },
    discard(message) {
      if (spoken.message === message) spoken = { message: "", text: "" };
    },
    settle,
    busy: () => {},
    quiet: () => {},
    choose,
    chooseSome: choose,
    async ask(question, { fault, check } = {}) {
      if (fault) write(visible(fault));
      write(visible(question));
      const answer = await lines.next();
      const wrong = answer === undefined ? undefined : check?.(answer);
      if (wrong) write(visible(wrong));
      return wrong ? undefined : answer;
    },
    onInterrupt(act) {
      process.on("SIGINT", act);
      const forget = lines.onStop(act);
      return {
        [Symbol.dispose]() {
          process.off("SIGINT", act);
          forget();
        },
      };
    },
    [Symbol.dispose]: () => lines.close(),
  };
}

/** Text of models, tools and people, none of whose lines begins as a card does. */
function noCard(text: string): string {
  return visible(text).replace(/^(?=[^\S\n]*==)/gm, "│ ");
}

/** Lines as they are asked for. While somebody listens for it, a line `stop` is taken out of turn. */
function lineQueue(input: Readable) {
  const reader = createInterface({ input, terminal: false });
  const waiting: string[] = [];
  let isOver = false;
  let wake = () => {};
  let stop: (() => void) | undefined;
  const takeStop = () => {
    if (!stop || !/^\/?stop$/i.test(waiting[0]?.trim() ?? "")) return;
    waiting.shift();
    stop();
  };
  reader.on("line", (line) => {
    waiting.push(line);
    takeStop();
    wake();
  });
  reader.on("close", () => {
    isOver = true;
    wake();
  });
  return {
    async next(): Promise<string | undefined> {
      while (waiting.length === 0 && !isOver)
        await new Promise<void>((resolve) => (wake = resolve));
      return waiting.shift();
    },
    onStop(act: () => void) {
      stop = act;
      takeStop();
      return () => {
        stop = undefined;
      };
    },
    close: () => reader.close(),
  };
}
