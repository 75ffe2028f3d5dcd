import { emitKeypressEvents } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import { styleText } from "node:util";
import { multiselect, note, S_BAR, select, text } from "@clack/prompts";
import { liveRegion } from "./live-region.ts";
import { type Markdown, markdown } from "./markdown.ts";
import { type Key, readMessage } from "./read-message.ts";
import type { Choice, Screen } from "./screen.ts";
import { wrap } from "./text-width.ts";
import { visible, visibleLine } from "./visible.ts";
import type { Words } from "./words.ts";

const FRAMES = ["◒", "◐", "◓", "◑"];
const FRAME_MS = 100;
const MARGIN = "   ";
/** Lines that a page of a card leaves to its frame and to the question beneath it. */
const AROUND_A_PAGE = 12;
const COLOURS = { faint: "dim", good: "green", warning: "yellow", error: "red" } as const;
const SYMBOLS = { plain: "●", faint: "·", good: "✔", warning: "▲", error: "■" };

/** A screen for a person at a terminal. */
export function ttyScreen(input: ReadStream, output: WriteStream, words: Words): Screen {
  const region = liveRegion(output);
  let renderer: Markdown | undefined;
  let spoken: { message: string; rest: string } | undefined;
  let waitingFor = "";
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;
  let endsBlank = true;

  const columns = () => Math.max(output.columns - MARGIN.length - 1, 20);
  const inMargin = (lines: string[]) => lines.map((line) => MARGIN + line);

  /** What is being written, as far as it fits the screen, and what is being waited for. */
  function draw() {
    const tail = spoken?.rest.trim() ? wrap(visible(spoken.rest).trimEnd(), columns()) : [];
    const fitting = tail.slice(-Math.max(output.rows - 4, 1));
    const busy = waitingFor
      ? [`${styleText("magenta", FRAMES[frame % FRAMES.length] ?? "")}  ${waitingFor}`]
      : [];
    region.draw([...inMargin(fitting), ...(fitting.length && busy.length ? [""] : []), ...busy]);
  }

  /** A card's lines. A long value goes on beneath itself, so that nothing in it looks like a line of the card. */
  function inCard(text: string): string[] {
    return wrap(visible(text), columns() - 6, /^ *(?:│ )?(?:[^\s:：]+[:：] )?/);
  }

  /** Writes for good, above what is drawn again and again. */
  function write(lines: string[]) {
    region.clear();
    output.write(`${lines.join("\n")}\n`);
    endsBlank = lines.at(-1) === "";
    draw();
  }

  function writeMarkdown(source: string) {
    if (source.trim() === "") return;
    renderer ??= markdown();
    write([...inMargin(renderer.render(source, columns())), ""]);
  }

  function settle() {
    const rest = spoken?.rest ?? "";
    spoken = undefined;
    region.clear();
    writeMarkdown(rest);
  }

  function quiet() {
    clearInterval(timer);
    timer = undefined;
    waitingFor = "";
    settle();
  }

  /** Clack goes on listening to a prompt's signal when the prompt is long over, so each gets one of its own. */
  async function asked<T>(
    ask: (signal: AbortSignal) => Promise<T | symbol>,
    outer: AbortSignal | undefined,
  ): Promise<T | undefined> {
    quiet();
    endsBlank = false;
    const own = new AbortController();
    const abort = () => own.abort();
    if (outer?.aborted) abort();
    outer?.addEventListener("abort", abort);
    const value = await ask(own.signal);
    outer?.removeEventListener("abort", abort);
    return typeof value === "symbol" ? undefined : value;
  }

  return {
    isInteractive: true,
    async line() {
      quiet();
      endsBlank = false;
      for (let turnedAway = 0; turnedAway < 2; turnedAway++) {
        const read = await readMessage(input, output, words);
        if (read.kind === "typed") {
          const [, ...pasted] = wrap(visible(read.text), columns());
          if (read.text.includes("\n"))
            write(pasted.map((line) => styleText("dim", MARGIN + line)));
          return read.text;
        }
        if (read.kind === "end") return undefined;
        if (turnedAway === 0) write([styleText("dim", `·  ${words.leaveHint}`)]);
      }
      return undefined;
    },
    say(said, tone = "plain") {
      settle();
      const [first = "", ...rest] = wrap(visible(said), columns());
      const style = (line: string) => (tone === "plain" ? line : styleText(COLOURS[tone], line));
      write([style(`${SYMBOLS[tone]}  ${first}`), ...inMargin(rest.map(style))]);
    },
    card(title, text) {
      settle();
      region.clear();
      note(inCard(text).join("\n"), visibleLine(title), { output, format: (line) => line });
      draw();
    },
    pages(text) {
      const lines = inCard(text);
      const height = Math.max(output.rows - AROUND_A_PAGE, 3);
      const count = Math.ceil(lines.length / height);
      return Array.from({ length: count }, (_, i) =>
        lines.slice(i * height, (i + 1) * height).join("\n"),
      );
    },
    heard(text) {
      settle();
      const lines = wrap(visible(text), columns()).map((line) => styleText("dim", line));
      write(["", `${styleText("dim", "◇")}  ${lines[0] ?? ""}`, ...inMargin(lines.slice(1)), ""]);
    },
    stream(message, text) {
      if (spoken?.message !== message) {
        settle();
        if (!endsBlank) write([""]);
      }
      renderer ??= markdown();
      const { complete, rest } = renderer.split((spoken?.rest ?? "") + text);
      spoken = { message, rest };
      if (complete) writeMarkdown(complete);
      draw();
    },
    discard(message) {
      if (spoken?.message === message) spoken = undefined;
      draw();
    },
    settle,
    busy(text) {
      [waitingFor = ""] = wrap(visibleLine(text), columns());
      timer ??= setInterval(() => {
        frame += 1;
        draw();
      }, FRAME_MS).unref();
      draw();
    },
    quiet,
    choose(question, choices, { initial, signal } = {}) {
      const how = chosenFrom(question, choices);
      const start = initial === undefined ? {} : { initialValue: initial };
      return asked<string>(
        (own) => select({ ...how, ...start, input, output, signal: own }),
        signal,
      );
    },
    chooseSome(question, choices, { initial, signal }) {
      const how = { ...chosenFrom(question, choices), initialValues: initial, required: false };
      return asked<string[]>((own) => multiselect({ ...how, input, output, signal: own }), signal);
    },
    ask(question, { initial = "", fault, check, signal } = {}) {
      const bar = styleText("cyan", S_BAR);
      const shown = fault ? `\n${bar}  ${styleText("yellow", visibleLine(fault))}` : "";
      const how = {
        message: visibleLine(question) + shown,
        initialValue: visibleLine(initial),
        validate(typed: string | undefined) {
          const wrong = check?.(typed ?? "");
          return wrong && visibleLine(wrong);
        },
      };
      const typed = (own: AbortSignal) => text({ ...how, input, output, signal: own });
      return asked<string>(async (own) => (await typed(own)) ?? "", signal);
    },
    onInterrupt(act) {
      const onKey = (_: string | undefined, key: Key) => {
        if (key.ctrl && key.name === "c") act();
      };
      emitKeypressEvents(input);
      input.setRawMode(true);
      input.on("keypress", onKey);
      input.resume();
      return {
        [Symbol.dispose]() {
          input.off("keypress", onKey);
          input.setRawMode(false);
          input.pause();
        },
      };
    },
    [Symbol.dispose]() {
      quiet();
      region.clear();
    },
  };
}

function chosenFrom(question: string, choices: Choice[]) {
  const options = choices.map(({ value, label, hint }) => ({
    value,
    label: visibleLine(label),
    ...(hint && { hint: visibleLine(hint) }),
  }));
  return { message: visible(question), options, maxItems: 12, showInstructions: false };
}
