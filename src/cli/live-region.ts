import type { Writable } from "node:stream";

/** The lines at the bottom that are drawn again and again: what is being written and what is being waited for. */
export type LiveRegion = {
  /** Shows these instead of what was there. No line may be wider than the terminal. */
  draw(lines: string[]): void;
  /** Leaves nothing behind; what is written next stands where the region was. */
  clear(): void;
};

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const ERASE_DOWN = "\u001b[J";

/** Draws only from the first line that changed, in one write, so that nothing flickers. */
export function liveRegion(output: Writable): LiveRegion {
  let drawn: string[] = [];
  return {
    draw(lines) {
      const changed = lines.findIndex((line, i) => line !== drawn[i]);
      if (changed === -1 && lines.length === drawn.length) return;
      const first = changed === -1 ? lines.length : changed;
      const up = drawn.length - first;
      const below = lines.slice(first).map((line) => `${line}\n`);
      output.write(
        `${drawn.length === 0 ? HIDE_CURSOR : ""}${upBy(up)}${ERASE_DOWN}${below.join("")}`,
      );
      drawn = lines;
    },
    clear() {
      if (drawn.length > 0) output.write(`${upBy(drawn.length)}${ERASE_DOWN}${SHOW_CURSOR}`);
      drawn = [];
    },
  };
}

function upBy(lines: number): string {
  return lines > 0 ? `\u001b[${lines}A\r` : "\r";
}
