import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEdit } from "./apply-edit.ts";
import { fieldsOf } from "./form-fields.ts";
import { type SurfaceLimits, toPages } from "./pages.ts";
import { shownIn } from "./shown-in.ts";

const small: SurfaceLimits = {
  fieldsPerPage: 5,
  maxPages: 2,
  maxTextLength: 4000,
  maxOptions: 25,
  maxOptionLength: 100,
};
const strings = (count: number) => ({
  type: "object",
  properties: Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`f${i}`, { type: "string" }]),
  ),
});

test("toPages fills page after page, and says which fields are left", () => {
  const { pages, elsewhere } = toPages(fieldsOf(strings(12), {}), small);
  assert.deepEqual(
    pages.map((page) => page.map(({ path }) => path).join(" ")),
    ["/f0 /f1 /f2 /f3 /f4", "/f5 /f6 /f7 /f8 /f9"],
  );
  assert.deepEqual(
    elsewhere.map(({ reason }) => reason.en),
    [
      "There are 12 fields and forms here hold 10: edit “F10” in the terminal or by the API.",
      "There are 12 fields and forms here hold 10: edit “F11” in the terminal or by the API.",
    ],
  );
});

test("a value that does not fit is edited elsewhere, never cut", () => {
  const current = { f0: "x".repeat(4000), f1: "x".repeat(4001) };
  const { pages, elsewhere } = toPages(fieldsOf(strings(2), current), small);
  assert.deepEqual(
    pages.map((page) => page.map(({ value }) => value)),
    [[current.f0]],
  );
  assert.deepEqual(
    elsewhere.map(({ field, reason }) => [field.path, reason]),
    [
      [
        "/f1",
        {
          en: "“F1” is 4001 characters long and a form here holds 4000: edit it in the terminal or by the API.",
          zh: "“F1”有 4001 个字符，而此处的表单最多容纳 4000 个：请在终端或通过 API 编辑。",
        },
      ],
    ],
  );
});

test("JSON is indented where that fits, and closed up where only that fits", () => {
  const list = Array.from({ length: 60 }, (_, i) => ({ i }));
  const [field] = fieldsOf({ properties: { list: {} } }, { list });
  assert.ok(field);
  assert.match(String(shownIn(field)), /\n/);
  const tight = { ...small, maxTextLength: JSON.stringify(list).length };
  assert.equal(toPages([field], tight).elsewhere.length, 0);
  assert.doesNotMatch(String(shownIn(field, tight.maxTextLength)), /\n/);
  assert.equal(toPages([field], { ...tight, maxTextLength: 10 }).elsewhere.length, 1);
});

test("options that do not fit are typed, and read as options all the same", () => {
  const many = Array.from({ length: 26 }, (_, i) => i + 1);
  const schema = {
    type: "object",
    properties: {
      one: { enum: many, description: "A number" },
      some: { type: "array", items: { enum: many } },
      long: { enum: ["x".repeat(101), "y"] },
      few: { enum: ["a", "b"] },
    },
  };
  const current = { one: 7, some: [3, 4], few: "a" };
  const page = toPages(fieldsOf(schema, current), small).pages[0] ?? [];
  assert.deepEqual(
    page.map(({ type, value }) => [type, value]),
    [
      ["string", "7"],
      ["strings", ["3", "4"]],
      ["string", undefined],
      ["enum", "a"],
    ],
  );
  assert.match(page[0]?.help ?? "", /^A number · 1 \| 2 \| 3 .* 20 \| … \(26\)$/);
  const sent = Object.fromEntries(page.map((field) => [field.path, shownIn(field)]));
  assert.deepEqual(applyEdit(current, schema, sent), { ok: true, args: current });
  const edited = applyEdit(current, schema, { "/one": " 8 ", "/some": "5\n6" });
  assert.deepEqual(edited, { ok: true, args: { one: 8, some: [5, 6], few: "a" } });
});
