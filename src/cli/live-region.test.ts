import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { liveRegion } from "./live-region.ts";

function region() {
  const output = new PassThrough().setEncoding("utf8");
  return { region: liveRegion(output), written: () => String(output.read() ?? "") };
}

const [HIDE, SHOW, ERASE] = ["\u001b[?25l", "\u001b[?25h", "\u001b[J"];
const up = (lines: number) => `\u001b[${lines}A\r`;

test("draw writes only from the first line that changed", () => {
  const { region: live, written } = region();
  live.draw(["one", "two"]);
  assert.equal(written(), `${HIDE}\r${ERASE}one\ntwo\n`);
  live.draw(["one", "2"]);
  assert.equal(written(), `${up(1)}${ERASE}2\n`);
  live.draw(["one", "2"]);
  assert.equal(written(), "");
  live.draw(["one", "2", "three"]);
  assert.equal(written(), `\r${ERASE}three\n`);
  live.draw(["one"]);
  assert.equal(written(), `${up(2)}${ERASE}`);
});

test("clear leaves nothing, and the cursor", () => {
  const { region: live, written } = region();
  live.clear();
  assert.equal(written(), "");
  live.draw(["one", "two"]);
  written();
  live.clear();
  assert.equal(written(), `${up(2)}${ERASE}${SHOW}`);
  live.draw([]);
  assert.equal(written(), "");
});
