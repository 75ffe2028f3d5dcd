import assert from "node:assert/strict";
import { test } from "node:test";
import { uniqueNames } from "./unique-names.ts";

const of = (...names: string[]) =>
  names.map((name) => {
    const [server = "", tool = ""] = name.split("/");
    return { server, tool };
  });

test("uniqueNames keeps a name that only one tool has", () => {
  assert.deepEqual(uniqueNames(of("maps/weather", "files/read")), ["weather", "read"]);
});

test("uniqueNames puts the server before a name that two tools have", () => {
  assert.deepEqual(uniqueNames(of("a/search", "b/search", "b/read")), [
    "a__search",
    "b__search",
    "read",
  ]);
});

test("uniqueNames never gives away a reserved name", () => {
  assert.deepEqual(uniqueNames(of("a/book_hotel"), ["book_hotel"]), ["a__book_hotel"]);
});

test("uniqueNames replaces letters that vendors refuse, and tells apart what became alike", () => {
  const names = uniqueNames(of("a/get.x", "a/get x", "a/天气"));
  assert.equal(new Set(names).size, 3);
  assert.match(names[0] ?? "", /^a__get_x_[0-9a-f]{8}$/);
  for (const name of names) assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/);
});

test("uniqueNames cuts a long name, and keeps two alike apart", () => {
  const long = "x".repeat(80);
  const names = uniqueNames(of(`a/${long}`, `b/${long}`, `b/${long}y`));
  assert.equal(new Set(names).size, 3);
  for (const name of names) assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/);
});

test("uniqueNames gives a tool that is named like another's long form a name of its own", () => {
  const names = uniqueNames(of("a/b", "c/b", "d/a__b"));
  assert.equal(new Set(names).size, 3);
  assert.equal(names[2], "a__b");
});

test("uniqueNames gives the same names whatever the order", () => {
  const tools = of("a/search", "b/search", "b/get.x", "b/get x", "d/a__search");
  const named = (given: typeof tools) =>
    new Map(uniqueNames(given).map((name, at) => [JSON.stringify(given[at]), name]));
  const forward = named(tools);
  for (const [tool, name] of named(tools.toReversed())) assert.equal(forward.get(tool), name);
});
