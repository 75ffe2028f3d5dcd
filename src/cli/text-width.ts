import { stripVTControlCharacters } from "node:util";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const ESC = "\u001b";
/** Colours and runs of spaces, as `split` keeps them. */
const BETWEEN = new RegExp(`(${ESC}\\[[\\d;]*m| +)`);
const WIDE =
  /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Bopomofo}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6]|^\p{RGI_Emoji}$/v;
const MARK = /^\p{Mn}+$/u;

/** How many columns a terminal takes for a line: two for Chinese, Japanese, Korean and emoji, none for colours. */
export function columnsOf(line: string): number {
  let columns = 0;
  for (const grapheme of graphemesOf(stripVTControlCharacters(line))) columns += widthOf(grapheme);
  return columns;
}

/**
 * A text as lines of at most `columns`, broken at spaces and between wide characters where possible. Colours stay.
 * `hanging` matches what later lines of a broken line are indented by, e.g. /^ *(?:- )?/.
 */
export function wrap(text: string, columns: number, hanging = /^/): string[] {
  return text.split("\n").flatMap((line) => {
    const indent = columnsOf(hanging.exec(stripVTControlCharacters(line))?.[0] ?? "");
    return wrapLine(line, Math.max(columns, 2), indent < columns / 2 ? indent : 0);
  });
}

function wrapLine(line: string, columns: number, indent: number): string[] {
  const lines: string[] = [];
  let current = "";
  let width = 0;
  const breakLine = () => {
    lines.push(current.trimEnd());
    current = " ".repeat(indent);
    width = indent;
  };
  for (const piece of piecesOf(line)) {
    const pieceWidth = columnsOf(piece);
    const isBlank = /^ +$/.test(piece);
    if (width + pieceWidth > columns) {
      if (isBlank) continue; // spaces at the end of a line are let go
      if (width > indent || pieceWidth <= columns - indent) breakLine();
    }
    for (const part of width + pieceWidth > columns ? graphemesOf(piece) : [piece]) {
      const partWidth = columnsOf(part);
      if (width + partWidth > columns) breakLine();
      current += part;
      width += partWidth;
    }
  }
  return [...lines, current];
}

function graphemesOf(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** What must stay together: a word, one wide character, a run of spaces, a colour. */
function piecesOf(line: string): string[] {
  const pieces: string[] = [];
  let word = "";
  const flush = () => {
    if (word) pieces.push(word);
    word = "";
  };
  for (const part of line.split(BETWEEN)) {
    if (part === "") continue;
    if (part.startsWith(" ") || part.startsWith(ESC)) {
      flush();
      pieces.push(part);
      continue;
    }
    for (const grapheme of graphemesOf(part)) {
      if (widthOf(grapheme) < 2) {
        word += grapheme;
        continue;
      }
      flush();
      pieces.push(grapheme);
    }
  }
  flush();
  return pieces;
}

function widthOf(grapheme: string): number {
  if (MARK.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
