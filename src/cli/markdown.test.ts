import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { markdown } from "./markdown.ts";
import { columnsOf } from "./text-width.ts";
import { visible } from "./visible.ts";

const ESC = "\u001b";
const COLOURS = new RegExp(`${ESC}\\[[\\d;]*m`, "g");
const { render, split } = markdown();
const shown = (source: string, columns = 60) =>
  render(source, columns).map((line) => stripVTControlCharacters(line).trimEnd());

const ANSWER = `# Hotels

Here is **what** I found:

- first \`item\`
- second **bold** item with 中文

| hotel | price |
|---|---|
| 如家酒店 | 40 |

\`\`\`js
const x = 1; // :smile:
\`\`\`

1. one
2. two
`;

test("render draws headings, lists, tables and code", () => {
  assert.deepEqual(shown(ANSWER), [
    "Hotels",
    "",
    "Here is what I found:",
    "",
    "  * first item",
    "  * second bold item with 中文",
    "",
    "┌──────────┬───────┐",
    "│ hotel    │ price │",
    "├──────────┼───────┤",
    "│ 如家酒店 │ 40    │",
    "└──────────┴───────┘",
    "",
    "  const x = 1; // :smile:",
    "",
    "  1. one",
    "  2. two",
  ]);
});

test("render keeps to the width and indents what goes on", () => {
  assert.deepEqual(shown("- one two three four", 12), ["  * one two", "    three", "    four"]);
  for (const line of render(ANSWER.replaceAll("|", " "), 10))
    assert.ok(columnsOf(line) <= 10, line);
});

test("render says where a link leads", () => {
  assert.deepEqual(shown("[your **bank**](https://evil.example) <https://a.example>"), [
    "your bank (https://evil.example) https://a.example",
  ]);
  assert.deepEqual(shown("![pay](https://evil.example/p.png)"), [
    "pay (https://evil.example/p.png)",
  ]);
});

test("render lets nothing through that acts on a terminal, entities included", () => {
  const attack = "\u001b]52;c;AAAA\u0007\u009b2J\u202e";
  const sources = [
    `x ${attack}`,
    `\`${attack}\``,
    `**${attack}** [a${attack}](http://x${attack})`,
    `<b ${attack}>`,
    `\`\`\`js\n${attack}\n\`\`\``,
    `\`\`\`${attack}\nx\n\`\`\``,
    `- ${attack}\n\n> ${attack}\n\n# ${attack}`,
    `|${attack}|\n|-|\n|${attack}|`,
    "&#27;]52;c;AAAA&#7; &#x1b;[2J &#155;2J &#8238; &rlm; &amp;#27;",
    "- &#27;[2J\n\n# &#27;[2J\n\n|&#27;[2J|\n|-|\n|&#27;[2J|",
    '[&#27;](http://x/&#27;) ![&#27;](y&#27; "&#27;")',
  ];
  for (const source of sources) {
    const text = render(source, 60).join("\n").replaceAll(COLOURS, "");
    assert.equal(visible(text), text, JSON.stringify(source));
  }
  assert.deepEqual(shown("&lt;b&gt; &amp;lt; &#27;[31m"), ["<b> &lt; \\u{1b}[31m"]);
});

test("split holds back only the block that is still being written", () => {
  let rest = "";
  let complete = "";
  for (const character of ANSWER) {
    const parts = split(rest + character);
    complete += parts.complete;
    rest = parts.rest;
    assert.ok(ANSWER.startsWith(complete + rest));
  }
  assert.equal(complete + rest, ANSWER);
  assert.equal(rest, "1. one\n2. two\n");
});
