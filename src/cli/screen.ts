type Tone = "plain" | "faint" | "good" | "warning" | "error";
export type Choice = { value: string; label: string; hint?: string };

/**
 * Where a conversation is shown and typed. Whatever is handed in may come from a server, a model or a tool:
 * a screen makes it visible (`visible.ts`) before it writes it, and nothing else writes to the terminal.
 * What asks answers undefined when the person turned away (Escape, Ctrl-C), when `signal` aborted, or, on a
 * screen of lines, when the answer comes as a line of its own.
 */
export interface Screen {
  /** Whether questions are asked on the spot; otherwise decisions and choices are lines like any other. */
  readonly isInteractive: boolean;
  /** The next line; undefined when there are no more, or the person leaves. */
  line(): Promise<string | undefined>;
  say(text: string, tone?: Tone): void;
  /** A card: a heading and lines that stand apart from what others wrote. */
  card(title: string, text: string): void;
  /** A card's text in parts, each of which is seen at once when it is shown as a card. */
  pages(text: string): string[];
  /** What a person wrote, seen again. */
  heard(text: string): void;
  /** The agent's text as it comes; a new `message` settles the one before. */
  stream(message: string, text: string): void;
  /** The message's text counts for nothing. */
  discard(message: string): void;
  /** The agent's text is complete: it is shown as Markdown. */
  settle(): void;
  /** What is being waited for, until `quiet`. */
  busy(text: string): void;
  quiet(): void;
  choose(
    question: string,
    choices: Choice[],
    how?: { initial?: string; signal?: AbortSignal },
  ): Promise<string | undefined>;
  /** As `choose`, for any number of them; `initial` are chosen to begin with. */
  chooseSome(
    question: string,
    choices: Choice[],
    how: { initial: string[]; signal: AbortSignal },
  ): Promise<string[] | undefined>;
  ask(question: string, how?: Asking): Promise<string | undefined>;
  /** Calls `act` when the person wants to stop what runs, until disposed of. */
  onInterrupt(act: () => void): Disposable;
  [Symbol.dispose](): void;
}

type Asking = {
  initial?: string;
  /** What was wrong with the last answer. */
  fault?: string | undefined;
  /** What is wrong with an answer; asked until there is nothing. */
  check?: (text: string) => string | undefined;
  signal?: AbortSignal | undefined;
};
