import assert from "node:assert/strict";
import { test } from "node:test";
import { callResult, resultText } from "./result-text.ts";

const textOf = (result: unknown, max?: number) => resultText(callResult.parse(result), max);

test("resultText joins texts and describes what is not text in a line", () => {
  const text = textOf({
    content: [
      { type: "text", text: "one" },
      { type: "image", data: "AAAA", mimeType: "image/png" },
      { type: "audio", data: "AAAAAAAA" },
      { type: "resource", resource: { uri: "file:///a.bin", blob: "AAAA" } },
      { type: "resource", resource: { uri: "file:///a.txt", text: "inside" } },
      { type: "resource_link", uri: "file:///b\u202E", name: "b", mimeType: "text/plain", size: 7 },
      { type: "hologram" },
      { type: "text", text: "two" },
    ],
  });
  assert.deepEqual(text.split("\n"), [
    "one",
    "[image: image/png, 3 bytes; not shown]",
    "[audio: 6 bytes; not shown]",
    "[resource: file:///a.bin, 3 bytes; not shown]",
    "[resource: file:///a.txt]",
    "inside",
    "[link to a resource: b, file:///b, text/plain, 7 bytes]",
    "[something in an unknown form]",
    "two",
  ]);
});

test("resultText uses structured content only where there is no text", () => {
  const structuredContent = { sum: 3 };
  assert.equal(textOf({ content: [], structuredContent }), '{"sum":3}');
  assert.equal(textOf({ structuredContent }), '{"sum":3}');
  assert.equal(textOf({ content: [{ type: "text", text: "3" }], structuredContent }), "3");
});

test("resultText says when it cut, and never cuts a character in two", () => {
  const text = textOf({ content: [{ type: "text", text: "abc😀def" }] }, 4);
  assert.equal(text, "abc\n[Cut here: the whole result is 8 letters long.]");
});

test("resultText replaces what PostgreSQL can't hold", () => {
  assert.equal(textOf({ content: [{ type: "text", text: "a\u0000\uD800" }] }), "a\u2400\uFFFD");
});
