import assert from "node:assert/strict";
import { test } from "node:test";
import canonicalize from "canonicalize";
import fc from "fast-check";
import type { Field } from "../adapter.ts";
import { applyEdit } from "./apply-edit.ts";
import { compileCheck } from "./check-args.ts";
import { diff } from "./diff.ts";
import { fieldsOf } from "./form-fields.ts";
import type { Values } from "./form-values.ts";
import { toPages } from "./pages.ts";
import { isObject, isWithin, pointer } from "./pointer.ts";
import { readField } from "./read-field.ts";
import type { Schema } from "./resolve-schema.ts";
import { shownIn } from "./shown-in.ts";

/** A schema and a value that it allows. */
type Case = { schema: Schema; value: unknown };

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", " ", "\n", "a\n", " a", "a\r\nb", "1,5", "null", "\u202ea", "two\nlines\n\n"),
);
const name = fc.oneof(fc.constantFrom("a", "b", "a/b", "~1", "", "__proto__", "length"), text);
const alike = (schema: Schema, value: fc.Arbitrary<unknown>) =>
  value.map((value): Case => ({ schema, value }));
const some = fc.uniqueArray(text, { minLength: 1, maxLength: 4 });
const options = fc.oneof(
  some,
  fc.uniqueArray(fc.oneof(text, fc.integer(), fc.boolean()), { minLength: 1, maxLength: 5 }),
);
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const day = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true });

const leaf: fc.Arbitrary<Case> = fc.oneof(
  alike({ type: "string" }, text),
  alike({ type: "string", maxLength: 5000 }, text),
  alike({ type: "string", format: "password" }, text),
  alike({ type: "number" }, number),
  alike(
    { type: "integer" },
    fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(1e21, -0)),
  ),
  alike({ type: "boolean" }, fc.boolean()),
  alike({ type: ["string", "null"] }, fc.option(text)),
  alike({ anyOf: [{ type: "boolean" }, { type: "null" }] }, fc.option(fc.boolean())),
  alike(
    { type: "string", format: "date" },
    day.map((date) => date.toISOString().slice(0, 10)),
  ),
  alike(
    { type: "string", format: "date-time" },
    day.map((date) => date.toISOString()),
  ),
  alike({ type: "array", items: { type: "string" } }, fc.array(text, { maxLength: 4 })),
  alike({}, fc.jsonValue()),
  alike({ anyOf: [{ type: "number" }, { type: "string" }] }, fc.oneof(number, text)),
  options.chain((all) => alike({ enum: all }, fc.constantFrom(...all))),
  options.chain((all) =>
    alike(
      { type: "array", items: { enum: all } },
      fc.array(fc.constantFrom(...all), { maxLength: 4 }),
    ),
  ),
);

/** An object of such, some of them required, some not there, some by reference. */
function object(inner: fc.Arbitrary<Case>): fc.Arbitrary<Case> {
  const property = fc.record({ inner, state: fc.constantFrom("required", "optional", "absent") });
  return fc.array(fc.tuple(name, property), { maxLength: 5 }).map((given) => {
    const all = [...new Map(given)];
    return {
      schema: {
        type: "object",
        properties: Object.fromEntries(all.map(([name, { inner }]) => [name, inner.schema])),
        required: all.filter(([, { state }]) => state === "required").map(([name]) => name),
      },
      value: Object.fromEntries(
        all
          .filter(([, { state }]) => state !== "absent")
          .map(([name, { inner }]) => [name, inner.value]),
      ),
    };
  });
}
const nested = object(
  fc.oneof(
    { weight: 3, arbitrary: leaf },
    object(fc.oneof({ weight: 3, arbitrary: leaf }, object(object(leaf)))),
  ),
);
const call = nested.map(({ schema, value }) => ({
  schema,
  current: value as Record<string, unknown>,
}));

/** As inputs hand text back: line feeds doubled up or trimmed from the end, picks in another order. */
function echoed(field: Field): unknown {
  const shown = shownIn(field);
  if (Array.isArray(shown)) return shown.toReversed();
  return typeof shown === "string" ? shown.replace(/\n+$/, "").replaceAll("\n", "\r\n") : shown;
}
const submitted = (fields: Field[]): Values =>
  Object.fromEntries(fields.map((field) => [field.path, echoed(field)]));

test("a form that is sent back as it was shown changes nothing, whole or in part", () => {
  fc.assert(
    fc.property(call, fc.nat(5), ({ schema, current }, skip) => {
      assert.ok(compileCheck(schema)(current).ok);
      const values = submitted(fieldsOf(schema, current).slice(skip));
      const edited = applyEdit(current, schema, values);
      assert.ok(edited.ok, JSON.stringify(edited));
      assert.equal(canonicalize(edited.args), canonicalize(current));
    }),
    { numRuns: 500 },
  );
});

test("every value of the arguments stands in one field, under a label of its own", () => {
  fc.assert(
    fc.property(call, ({ schema, current }) => {
      const fields = fieldsOf(schema, current);
      for (const path of leavesOf(current))
        assert.equal(fields.filter((field) => isWithin(path, field.path)).length, 1, path);
      assert.equal(new Set(fields.map(({ path }) => path)).size, fields.length);
      assert.equal(new Set(fields.map(({ label }) => label)).size, fields.length);
    }),
  );
});

test("an edit of one field changes nothing outside it", () => {
  fc.assert(
    fc.property(call, fc.nat(), text, ({ schema, current }, pick, typed) => {
      const fields = fieldsOf(schema, current);
      const field = fields[pick % fields.length];
      assert.ok(field);
      const edited = applyEdit(current, schema, { ...submitted(fields), [field.path]: typed });
      if (!edited.ok) return;
      const { changes } = diff(current, edited.args, { maxChanges: 1000 });
      for (const { path } of changes)
        assert.ok(isWithin(path, field.path) || isWithin(field.path, path), path);
    }),
  );
});

test("every error has the path of a field", () => {
  const anything = fc.oneof(text, fc.jsonValue(), fc.constant(undefined), number);
  fc.assert(
    fc.property(
      call,
      fc.array(fc.tuple(name, anything)),
      fc.array(anything),
      ({ schema, current }, odd, sent) => {
        const fields = fieldsOf(schema, current);
        const values: Values = Object.fromEntries([
          ...fields.map(({ path }, i) => [path, sent[i % (sent.length || 1)]]),
          ...odd,
        ]);
        const edited = applyEdit(current, schema, values);
        if (edited.ok) return;
        assert.ok(edited.errors.length > 0);
        for (const { path, message } of edited.errors) {
          assert.ok(
            fields.some((field) => field.path === path),
            path,
          );
          assert.notEqual(message, "");
        }
      },
    ),
  );
});

test("pages and what is elsewhere hold each field once, in order and within the limits", () => {
  const limits = fc.record({
    fieldsPerPage: fc.integer({ min: 1, max: 5 }),
    maxPages: fc.integer({ min: 1, max: 4 }),
    maxTextLength: fc.integer({ min: 1, max: 60 }),
    maxOptions: fc.integer({ min: 1, max: 4 }),
    maxOptionLength: fc.integer({ min: 1, max: 10 }),
  });
  fc.assert(
    fc.property(call, limits, ({ schema, current }, limits) => {
      const fields = fieldsOf(schema, current);
      const { pages, elsewhere } = toPages(fields, limits);
      const paths = fields.map(({ path }) => path);
      const here = pages.flat();
      const there = elsewhere.map(({ field }) => field.path);
      assert.deepEqual(
        here.map(({ path }) => path),
        paths.filter((path) => !there.includes(path)),
      );
      assert.deepEqual([...here.map(({ path }) => path), ...there].toSorted(), paths.toSorted());
      assert.ok(pages.length <= limits.maxPages);
      assert.ok(pages.every((page) => page.length > 0 && page.length <= limits.fieldsPerPage));
      for (const field of here) {
        const shown = shownIn(field, limits.maxTextLength);
        if (typeof shown === "string" && "options" in field === false)
          assert.ok(shown.length <= limits.maxTextLength);
        const own = fields.find(({ path }) => path === field.path);
        assert.ok(own);
        const read = readField(own, echoed(field), "en");
        assert.ok(
          read.kind === "unchanged" || (read.kind === "fault" && own.value === undefined),
          JSON.stringify([own, read]),
        );
      }
    }),
  );
});

/** The pointers to all that is no object. */
function leavesOf(value: unknown, names: string[] = []): string[] {
  if (!isObject(value)) return [pointer(names)];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...names, name]));
}
