import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { plainScreen } from "./plain-screen.ts";
import { visible } from "./visible.ts";

function screen() {
  const input = new PassThrough();
  const output = new PassThrough().setEncoding("utf8");
  return { input, written: () => String(output.read() ?? ""), screen: plainScreen(input, output) };
}

test("lines come in order, then undefined", async () => {
  const { input, screen: plain } = screen();
  input.end("one\n\ntwo");
  assert.deepEqual(
    [await plain.line(), await plain.line(), await plain.line(), await plain.line()],
    ["one", "", "two", undefined],
  );
});

test("the agent's text is written whole, once it is settled", () => {
  const { screen: plain, written } = screen();
  plain.stream("m1", "Hello ");
  plain.stream("m1", "**world**\n");
  assert.equal(written(), "");
  plain.stream("m2", "next");
  assert.equal(written(), "Hello **world**\n");
  plain.discard("m2");
  plain.settle();
  assert.equal(written(), "");
});

test("a line `stop` interrupts what runs, whether it was there or comes; later it is a line", async () => {
  const { input, screen: plain } = screen();
  let stops = 0;
  const stopped = Promise.withResolvers<void>();
  const listening = plain.onInterrupt(() => {
    stops += 1;
    stopped.resolve();
  });
  input.write("stop\nnext\n");
  await stopped.promise;
  listening[Symbol.dispose]();
  input.end("stop\n");
  assert.deepEqual([await plain.line(), await plain.line()], ["next", "stop"]);
  assert.equal(stops, 1);
});

test("an answer that is wrong is told and not taken", async () => {
  const { input, screen: plain, written } = screen();
  input.end("nonsense\n");
  const check = () => "That is nonsense.";
  assert.equal(await plain.ask("What?", { check }), undefined);
  assert.equal(written(), "What?\nThat is nonsense.\n");
});

test("nothing that is shown acts on a terminal", async () => {
  const attack = "\u001b[2J\u0007\u009b31m\u202e\r";
  const { input, screen: plain, written } = screen();
  input.end(`${attack}\n`);
  plain.say(attack);
  plain.card(attack, attack);
  plain.heard(attack);
  plain.stream(attack, attack);
  plain.settle();
  await plain.choose(attack, [{ value: attack, label: attack, hint: attack }]);
  await plain.ask(attack, { fault: attack, initial: attack });
  const text = written();
  assert.equal(visible(text), text);
  assert.equal(text.match(/\\u\{1b\}\[2J/g)?.length, 10);
});
