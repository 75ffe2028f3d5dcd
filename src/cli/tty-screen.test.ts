import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { ReadStream, WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import { ttyScreen } from "./tty-screen.ts";
import { visible } from "./visible.ts";
import { wordsFor } from "./words.ts";

/** A screen on streams, as wide as said. Keys are written to `input`; raw mode is for real terminals. */
function screen(columns = 60) {
  const input = Object.assign(new PassThrough(), { setRawMode: () => {}, isTTY: false });
  const output = Object.assign(new PassThrough().setEncoding("utf8"), { columns, rows: 24 });
  const tty = ttyScreen(
    input as unknown as ReadStream,
    output as unknown as WriteStream,
    wordsFor("en"),
  );
  return { input, tty, written: () => String(output.read() ?? "") };
}

const ENTER = "\r";
const DOWN = "\u001b[B";
const ESC = "\u001b";
/** What we and the prompts write to move the cursor, erase, and colour. */
const OURS = new RegExp(`${ESC}\\[(?:\\?25[lh]|[\\d;]*[ABCDGHJKm])|\r`, "g");

test("a message is typed and sent; pasted lines belong to it", async () => {
  const { input, tty } = screen();
  const typed = tty.line();
  input.write(`hello${ENTER}`);
  assert.equal(await typed, "hello");
  const pasted = tty.line();
  input.write(`one${ENTER}two${ENTER}three`);
  assert.equal(await pasted, "one\ntwo\nthree");
});

test("Ctrl-C twice leaves, once does not", async () => {
  const { input, tty, written } = screen();
  const left = tty.line();
  input.write("\u0003");
  await new Promise((resolve) => setImmediate(resolve));
  assert.match(written(), /Ctrl-C once more leaves/);
  input.write("\u0003");
  assert.equal(await left, undefined);
});

test("a choice and a question are answered, or aborted from outside", async () => {
  const { input, tty } = screen();
  const choices = [
    { value: "a", label: "A" },
    { value: "b", label: "B" },
  ];
  const chosen = tty.choose("Which?", choices);
  input.write(DOWN);
  input.write(ENTER);
  assert.equal(await chosen, "b");
  const asked = tty.ask("Name?", { initial: "Ada" });
  input.write(`!${ENTER}`);
  assert.equal(await asked, "Ada!");
  const closing = new AbortController();
  const aborted = tty.choose("Which?", choices, { signal: closing.signal });
  closing.abort();
  assert.equal(await aborted, undefined);
});

test("any number of choices is taken, beginning with those that were made", async () => {
  const { input, tty } = screen();
  const choices = ["a", "b", "c"].map((value) => ({ value, label: value }));
  const { signal } = new AbortController();
  const some = tty.chooseSome("Which?", choices, { initial: ["a", "b"], signal });
  input.write(" ");
  input.write(DOWN);
  input.write(DOWN);
  input.write(" ");
  input.write(ENTER);
  assert.deepEqual(await some, ["b", "c"]);
});

test("a long card comes in pages that each fit the screen, and hold all of it", () => {
  const { tty, written } = screen();
  const lines = Array.from({ length: 40 }, (_, i) => `line ${i}: ${"word ".repeat(i)}`.trim());
  const pages = tty.pages(lines.join("\n"));
  assert.ok(pages.length > 5);
  for (const page of pages) {
    tty.card("title", page);
    assert.ok(written().split("\n").length < 24);
  }
  const words = (text: string) => text.split(/\s+/).join(" ");
  assert.equal(words(pages.join("\n")), words(lines.join("\n")));
});

test("the answer is shown as it comes, and for good as Markdown", () => {
  const { tty, written } = screen();
  tty.busy("thinking");
  tty.stream("m1", "One **wor");
  assert.match(stripVTControlCharacters(written()), /One \*\*wor/);
  tty.stream("m1", "d**.\n\nTwo");
  tty.quiet();
  const text = stripVTControlCharacters(written());
  assert.match(text, /One word\./);
  assert.match(text, /Two/);
  assert.doesNotMatch(text, /\*\*/);
});

test("nothing that is shown acts on the terminal but what is ours", async () => {
  const attack = `${ESC}]52;c;AAAA\u0007${ESC}[8m\u009b31m\u202e\u200b`;
  const { input, tty, written } = screen(200);
  tty.say(attack, "warning");
  tty.card(attack, attack);
  tty.heard(attack);
  tty.busy(attack);
  tty.stream(attack, `${attack} &#27;[8m`);
  tty.settle();
  const chosen = tty.choose(attack, [{ value: "a", label: attack, hint: attack }]);
  input.write(ENTER);
  await chosen;
  const { signal } = new AbortController();
  const some = tty.chooseSome(attack, [{ value: "a", label: attack }], { initial: [], signal });
  input.write(ENTER);
  await some;
  const asked = tty.ask(attack, { initial: attack, fault: attack, check: () => undefined });
  input.write(ENTER);
  await asked;
  tty[Symbol.dispose]();
  const text = written();
  assert.ok(!text.includes(`${ESC}[8m`) && !text.includes(`${ESC}]`));
  const rest = text.replaceAll(OURS, "");
  assert.equal(visible(rest), rest);
});
