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
  for (const { segment } of graphemes.segment(stripVTControlCharacters(line)))
    columns += widthOf(segment);
  return columns;
}

/** A text as lines of at most `columns`, broken at spaces and between wide characters where possible. Colours stay. */
export function wrap(text: string, columns: number): string[] {
  return text.split("\n").flatMap((line) => wrapLine(line, Math.max(columns, 2)));
}

function wrapLine(line: string, columns: number): string[] {
  const lines: string[] = [];
  let current = "";
  let width = 0;
  for (const piece of piecesOf(line)) {
    const pieceWidth = columnsOf(piece);
    if (width + pieceWidth > columns && width > 0 && !isBlank(piece)) {
      lines.push(current.trimEnd());
      [current, width] = ["", 0];
    }
    if (pieceWidth <= columns - width) {
      current += piece;
      width += pieceWidth;
      continue;
    }
    if (isBlank(piece)) continue; // spaces at the end of a line are let go
    for (const { segment } of graphemes.segment(piece)) {
      const segmentWidth = widthOf(segment);
      if (width + segmentWidth > columns) {
        lines.push(current);
        [current, width] = ["", 0];
      }
      current += segment;
      width += segmentWidth;
    }
  }
  return [...lines, current];
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
    for (const { segment } of graphemes.segment(part)) {
      if (widthOf(segment) < 2) {
        word += segment;
        continue;
      }
      flush();
      pieces.push(segment);
    }
  }
  flush();
  return pieces;
}

function widthOf(grapheme: string): number {
  if (MARK.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

function isBlank(piece: string): boolean {
  return /^ +$/.test(piece);
}
