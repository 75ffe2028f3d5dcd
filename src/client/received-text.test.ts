import assert from "node:assert/strict";
import { test } from "node:test";
import { receivedText } from "./received-text.ts";

test("text that came live is not told again by the journal", () => {
  const text = receivedText();
  assert.equal(text.live("m1", 0, "Hello "), "Hello ");
  assert.equal(text.live("m1", 6, "wor"), "wor");
  assert.equal(text.journaled("m1", 0, "Hello wor"), "");
});

test("of a row that overlaps, only its new end is told", () => {
  const text = receivedText();
  text.live("m1", 0, "Hello ");
  assert.equal(text.journaled("m1", 0, "Hello world"), "world");
  assert.equal(text.live("m1", 8, "rld!"), "!");
});

test("a live delta after a gap waits for the journal", () => {
  const text = receivedText();
  assert.equal(text.live("m1", 6, "world"), "");
  assert.equal(text.journaled("m1", 0, "Hello world"), "Hello world");
});

test("a reader that begins in the middle takes up the row where it begins", () => {
  const text = receivedText();
  assert.equal(text.journaled("m1", 6, "world"), "world");
  assert.equal(text.journaled("m1", 11, "!"), "!");
});

test("messages have offsets of their own, and a discarded one begins again", () => {
  const text = receivedText();
  text.live("m1", 0, "wrong");
  assert.equal(text.live("m2", 0, "other"), "other");
  text.discard("m1");
  assert.equal(text.live("m1", 0, "right"), "right");
});
