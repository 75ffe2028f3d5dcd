import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { diff } from "./diff.ts";

const whole = (text: string) => ({ text, skipped: 0, more: 0 });

test("diff tells what was added, removed and changed, by path", () => {
  const before = { to: "ann", amount: 10, note: "x", "a/b": { deep: [1] } };
  const after = { to: "bob", amount: "10", "a/b": { deep: [1] }, copy: true };
  assert.deepEqual(diff(before, after), {
    changes: [
      { path: "/to", kind: "changed", before: whole('"ann"'), after: whole('"bob"') },
      { path: "/amount", kind: "changed", before: whole("10"), after: whole('"10"') },
      { path: "/note", kind: "removed", before: whole('"x"') },
      { path: "/copy", kind: "added", after: whole("true") },
    ],
    more: 0,
  });
});

test("diff finds what moved in a list, and changes within its items", () => {
  const paths = (before: unknown, after: unknown) =>
    diff(before, after).changes.map(({ path, kind }) => `${kind} ${path}`);
  assert.deepEqual(paths({ l: ["a", "b", "c"] }, { l: ["x", "a", "c"] }), [
    "added /l/0",
    "removed /l/1",
  ]);
  assert.deepEqual(paths([{ a: 1, b: 1 }, 5], [{ a: 1, b: 2 }, 5]), ["changed /0/b"]);
});

test("diff shows a long text line by line", () => {
  const before = "one\ntwo\nthree\nfour\nfive";
  const after = "one\ntwo\n3 \nfour\nfive\nsix";
  assert.deepEqual(diff({ t: before }, { t: after }).changes, [
    {
      path: "/t",
      kind: "rewritten",
      lines: [
        { kind: "same", count: 2 },
        { kind: "removed", line: whole("three") },
        { kind: "added", line: whole("3\\u{20}") },
        { kind: "same", count: 2 },
        { kind: "added", line: whole("six") },
      ],
      more: 0,
    },
  ]);
});

test("diff says how much more there is", () => {
  const lines = (letter: string) =>
    Array.from({ length: 50 }, (_, i) => `${letter}${i}`).join("\n");
  const { changes, more } = diff(
    { a: 1, b: lines("x"), c: 1 },
    { a: 2, b: lines("y"), c: 2 },
    { maxChanges: 2, maxLines: 10 },
  );
  assert.deepEqual([changes.length, more], [2, 1]);
  const [, text] = changes;
  assert.ok(text?.kind === "rewritten");
  assert.deepEqual([text.lines.length, text.more], [10, 90]);
});

test("two long values are shown where they differ", () => {
  const long = "x".repeat(1000);
  const [change] = diff({ a: `${long}1` }, { a: `${long}2\u202e` }, { maxLength: 100 }).changes;
  assert.ok(change?.kind === "changed");
  assert.match(change.before.text, /^x{40}1"$/);
  assert.match(change.after.text, /^x{40}2\\u\{202e\}"$/);
  assert.deepEqual([change.before.skipped, change.before.more], [961, 0]);
});

test("secrets are never shown, nor what may hold one", () => {
  const options = { secrets: ["/login/pin"] };
  for (const [before, after] of [
    [{ login: { pin: "1" } }, { login: { pin: "2" } }],
    [{ login: { pin: ["1"] } }, { login: { pin: ["2"] } }],
    [{}, { login: { pin: "2" } }],
  ]) {
    const { changes } = diff(before, after, options);
    assert.deepEqual(
      changes.map(({ kind }) => kind),
      ["secret"],
    );
  }
  assert.equal(
    diff({ login: { pinned: 1 } }, { login: { pinned: 2 } }, options).changes[0]?.kind,
    "changed",
  );
});

test("diff is empty for equal values, and only for them", () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const canonical = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  fc.assert(
    fc.property(json, json, (one, other) => {
      assert.deepEqual(diff(one, structuredClone(one)), { changes: [], more: 0 });
      const { changes } = diff(one, other);
      let equal = true;
      try {
        assert.deepEqual(canonical(one), canonical(other));
      } catch {
        equal = false;
      }
      assert.equal(changes.length === 0, equal);
    }),
  );
});
