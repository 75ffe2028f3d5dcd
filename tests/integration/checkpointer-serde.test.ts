import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { Send } from "@langchain/langgraph";
import fc from "fast-check";
import { decode, encode } from "#db/message-serde.ts";
import { toStored } from "#src/agent/messages.ts";

/** Any JSON, with keys that mean something to us or to JavaScript. */
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, "", "human", "undefined", "send"),
    fc.string({ unit: "binary" }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
    fc.array(tie("value")),
    tie("object"),
  ),
  object: fc
    .array(
      fc.tuple(
        fc.oneof(
          fc.constantFrom("$cs", "__proto__", "constructor", "toJSON", "entries"),
          fc.string(),
        ),
        tie("value"),
      ),
    )
    .map((entries) => Object.fromEntries(entries)),
}));

const object = json.object as fc.Arbitrary<Record<string, unknown>>;
const text = fc.string({ unit: "binary" });
const calls = fc.array(fc.record({ id: text, name: text, args: object }), { maxLength: 3 });

const message: fc.Arbitrary<BaseMessage> = fc.oneof(
  fc.record({ id: text, content: text }).map((fields) => new HumanMessage(fields)),
  fc.record({ id: text, content: text }).map((fields) => new SystemMessage(fields)),
  fc.record({ id: text, content: text, calls }).map(
    ({ calls, ...fields }) =>
      new AIMessage({
        ...fields,
        tool_calls: calls.map((call) => ({ ...call, type: "tool_call" })),
      }),
  ),
  fc
    .record({ id: text, content: text, name: text, tool_call_id: text, editedArgs: object })
    .map(
      ({ editedArgs, ...fields }) =>
        new ToolMessage({ ...fields, status: "error", artifact: { editedArgs } }),
    ),
);

test("encode, decode: plain values come back equal, whatever their keys (property)", () => {
  fc.assert(
    fc.property(json.value as fc.Arbitrary<unknown>, (value) => {
      assert.deepStrictEqual(decode(encode(value)), value);
    }),
  );
});

test("encode, decode: messages come back as messages of their kind, with all that we keep (property)", () => {
  fc.assert(
    fc.property(fc.array(message), (messages) => {
      const back = decode(encode({ messages })) as { messages: BaseMessage[] };
      assert.deepStrictEqual(back.messages.map(toStored), messages.map(toStored));
      for (const [index, one] of back.messages.entries())
        assert.equal(one.constructor, messages[index]?.constructor);
    }),
  );
});

test("encode, decode: a Send comes back as one, with its messages", () => {
  const [back] = decode(encode([new Send("tools", { messages: [new HumanMessage("hi")] })])) as [
    Send,
  ];
  assert.ok(back instanceof Send);
  assert.equal(back.node, "tools");
  assert.ok(HumanMessage.isInstance((back.args as { messages: unknown[] }).messages[0]));
});

test("encode, decode: undefined, an error, NUL and half a surrogate pair", () => {
  const { a, b } = decode(encode({ a: undefined, b: [undefined] })) as {
    a?: undefined;
    b: unknown[];
  };
  assert.deepEqual([a, b.length, b[0]], [undefined, 1, undefined]);
  assert.equal((decode(encode(new RangeError("far"))) as Error).message, "far");
  assert.equal(decode(encode("\u0000\ud800")), "\u0000\ud800");
});

test("encode: what could not be read back is refused at once", () => {
  for (const value of [new Map(), new Set()]) assert.throws(() => encode({ value }), TypeError);
});
