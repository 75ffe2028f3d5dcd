import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { StoredMessage } from "../message.ts";
import { chooseWindow, type WindowLimit } from "./window.ts";

const callId = fc.constantFrom("a", "b", "c", "d");
const text = fc.string({ maxLength: 30 });
const message: fc.Arbitrary<StoredMessage> = fc.oneof(
  fc.record({ type: fc.constant("human" as const), id: fc.uuid(), content: text }),
  fc.record({
    type: fc.constant("ai" as const),
    id: fc.uuid(),
    content: text,
    tool_calls: fc.array(
      fc.record({ id: callId, name: fc.constant("multiply"), args: fc.constant({ a: 3, b: 4 }) }),
      { maxLength: 3 },
    ),
  }),
  fc.record({
    type: fc.constant("tool" as const),
    id: fc.uuid(),
    content: text,
    name: fc.constant("multiply"),
    tool_call_id: callId,
    status: fc.constant("success" as const),
  }),
);
/** Turns as broken as can be. */
const anyTurns = fc.array(fc.array(message, { maxLength: 8 }), { maxLength: 8 });
const wholeTurn: fc.Arbitrary<StoredMessage[]> = fc
  .tuple(text, fc.uniqueArray(callId, { maxLength: 3 }), fc.uuid())
  .map(([content, ids, id]) => [
    { type: "human", id, content },
    ...(ids.length > 0 ? asked(ids) : []),
    { type: "ai", id: `${id}-answer`, content: "done" },
  ]);
const limit: fc.Arbitrary<WindowLimit> = fc.oneof(
  fc.record({ messages: fc.nat(30) }),
  fc.nat(300).map((tokens) => ({ tokens, count: (words: string) => words.length })),
);

test("chooseWindow keeps call and result together, whatever the transcript holds", () => {
  fc.assert(fc.property(anyTurns, limit, (turns, most) => assertPaired(chooseWindow(turns, most))));
});

test("chooseWindow stays within its limit", () => {
  fc.assert(
    fc.property(anyTurns, limit, (turns, most) => assert.ok(fits(chooseWindow(turns, most), most))),
  );
});

test("chooseWindow takes as many of the newest whole turns as fit", () => {
  fc.assert(
    fc.property(fc.array(wholeTurn, { maxLength: 8 }), limit, (turns, most) => {
      const suffixes = turns.map((_, index) => turns.slice(index).flat());
      const longest = suffixes.find((suffix) => fits(suffix, most)) ?? [];
      assert.deepEqual(chooseWindow(turns, most), longest);
    }),
  );
});

test("chooseWindow changes nothing that it is given", () => {
  fc.assert(
    fc.property(anyTurns, limit, (turns, most) => {
      const before = JSON.stringify(turns);
      chooseWindow(turns, most);
      assert.equal(JSON.stringify(turns), before);
    }),
  );
});

test("chooseWindow leaves out a call that was never answered and keeps what was said with it", () => {
  const [ai, first] = asked(["a", "b"]) as [StoredMessage, StoredMessage];
  const window = chooseWindow([[human("hello"), ai, first]], { messages: 20 });
  assert.deepEqual(window, [human("hello"), asked(["a"])[0], first]);
});

test("chooseWindow keeps an old session's newest turn and drops the oldest", () => {
  const turns = ["one", "two", "three"].map((words) => [human(words)]);
  assert.deepEqual(chooseWindow(turns, { messages: 2 }), [human("two"), human("three")]);
});

function human(content: string): StoredMessage {
  return { type: "human", id: content, content };
}

function asked(ids: string[]): StoredMessage[] {
  const calls = ids.map((id) => ({ id, name: "multiply", args: { a: 3, b: 4 } }));
  return [
    { type: "ai", id: "asked", content: "let me see", tool_calls: calls },
    ...ids.map(
      (id): StoredMessage => ({
        type: "tool",
        id: `result-${id}`,
        content: "12",
        name: "multiply",
        tool_call_id: id,
        status: "success",
      }),
    ),
  ];
}

function fits(messages: StoredMessage[], most: WindowLimit): boolean {
  if ("messages" in most) return messages.length <= most.messages;
  const tokens = messages.map((one) => {
    const calls = one.type === "ai" && one.tool_calls?.length ? one.tool_calls : undefined;
    return 4 + most.count(calls ? `${one.content}\n${JSON.stringify(calls)}` : one.content);
  });
  return tokens.reduce((sum, n) => sum + n, 0) <= most.tokens;
}

/** As vendors check it: the results of an AI message follow it directly, one for each call and no others. */
function assertPaired(messages: StoredMessage[]): void {
  let open = new Set<string>();
  for (const one of messages) {
    if (one.type === "tool") {
      assert.ok(open.delete(one.tool_call_id), `a result without its call: ${one.id}`);
      continue;
    }
    assert.equal(open.size, 0, `calls without results before ${one.id}`);
    const ids = one.type === "ai" ? (one.tool_calls ?? []).map(({ id }) => id) : [];
    open = new Set(ids);
    assert.equal(open.size, ids.length, "call ids repeat within a message");
  }
  assert.equal(open.size, 0, "calls without results at the end");
}
