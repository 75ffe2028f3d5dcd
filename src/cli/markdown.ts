import { styleText } from "node:util";
import { Marked } from "marked";
import { markedTerminal } from "marked-terminal";
import { wrap } from "./text-width.ts";
import { visible } from "./visible.ts";

/** Markdown for a terminal. Sources are made visible here: they may be anybody's. */
export type Markdown = {
  /** As lines of at most `columns`. */
  render(source: string, columns: number): string[];
  /** The blocks that nothing which follows can change, and the rest, which is still being written. */
  split(source: string): { complete: string; rest: string };
};

const HANGING = /^ *(?:\* |\d+\. )?/;
/** Others make cli-highlight complain on stderr, or guess. */
const HIGHLIGHTED =
  /^(bash|c|cpp|css|diff|go|html|ini|java|javascript|js|json|php|python|py|ruby|rust|sh|sql|ts|typescript|xml|yaml)$/;
const ENTITIES: Record<string, string> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
};

export function markdown(): Markdown {
  const marked = new Marked(
    // `unescape` would decode twice, `emoji` change what was written
    markedTerminal({ unescape: false, emoji: false, tab: 2, showSectionPrefix: false }),
  );
  marked.use({
    renderer: {
      // marked-terminal 7 shows the text of list items as it was typed, `**` included
      text(token) {
        if ("tokens" in token && token.tokens) return this.parser.parseInline(token.tokens);
        // marked has turned &#27; into an escape by now
        return visible(token.text.replace(/&(?:amp|lt|gt|quot);/g, (name) => ENTITIES[name] ?? ""));
      },
      checkbox: () => "", // it draws them with their list item
      // a link says where it leads, and is never hidden behind its words
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        return text === href ? href : `${text} (${styleText("underline", href)})`;
      },
      image: ({ href, text }) => `${text} (${styleText("underline", href)})`,
      code(token) {
        if (!HIGHLIGHTED.test(token.lang ?? "")) token.lang = "plaintext";
        return false;
      },
    },
  });
  return {
    render(source, columns) {
      const text = marked.parse(visible(source), { async: false });
      return text
        .replace(/^\n+|\s+$/g, "")
        .split("\n")
        .flatMap((line) => wrap(line, columns, HANGING));
    },
    split(source) {
      const raw = marked.lexer(source).map((token) => token.raw);
      const last = raw.findLastIndex((text) => text.trim() !== "");
      const complete = raw.slice(0, Math.max(last, 0)).join("");
      return source.startsWith(complete)
        ? { complete, rest: source.slice(complete.length) }
        : { complete: "", rest: source };
    },
  };
}
