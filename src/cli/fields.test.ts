import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field } from "../adapter.ts";
import { faultOf, fieldsOf, readTyped, typedOf, withValues } from "./fields.ts";

const parameters = {
  type: "object",
  properties: {
    hotel_name: { type: "string", title: "Hotel", description: "Its full name" },
    nights: { type: "integer", default: 1 },
    price: { type: "number" },
    breakfast: { type: "boolean" },
    room: { enum: ["single", "double"] },
    guests: { type: "array", items: { type: "string" } },
  },
  required: ["hotel_name", "nights"],
};

function field(name: string, args: Record<string, unknown> = {}): Field {
  const found = fieldsOf(parameters, args).find((field) => field.path === `/${name}`);
  assert.ok(found);
  return found;
}

test("fieldsOf makes an input of each property, in the schema's order", () => {
  assert.deepEqual(
    fieldsOf(parameters, {}).map(({ path, type }) => `${path} ${type}`),
    [
      "/hotel_name string",
      "/nights integer",
      "/price number",
      "/breakfast boolean",
      "/room enum",
      "/guests json",
    ],
  );
  assert.deepEqual(field("hotel_name", { hotel_name: "Adlon" }), {
    path: "/hotel_name",
    label: "Hotel",
    help: "Its full name",
    required: true,
    type: "string",
    value: "Adlon",
  });
  assert.equal(field("nights").value, 1);
});

test("fieldsOf shows arguments that the schema does not name, and all of them where there is none", () => {
  const extra = fieldsOf(parameters, { "a/b": [1] }).at(-1);
  assert.deepEqual([extra?.path, extra?.type, extra?.value], ["/a~1b", "json", [1]]);
  const [only, ...rest] = fieldsOf(null, { x: 1 });
  assert.deepEqual([only?.path, only?.type, rest.length], ["", "json", 0]);
});

test("a value that one line of text cannot hold is typed as JSON", () => {
  const hostile = field("hotel_name", { hotel_name: "two\nlines\u202e" });
  assert.equal(hostile.type, "json");
  assert.equal(typedOf(hostile), '"two\\nlines\\u202e"');
  assert.equal(field("nights", { nights: "two" }).type, "json");
});

test("readTyped reads each type, and says what a text is not", () => {
  assert.deepEqual(readTyped(field("nights"), " 3 "), { kind: "value", value: 3 });
  assert.deepEqual(readTyped(field("nights"), "3.5"), { kind: "fault", fault: "integer" });
  assert.deepEqual(readTyped(field("nights"), ""), { kind: "fault", fault: "required" });
  assert.deepEqual(readTyped(field("price"), "1e2"), { kind: "value", value: 100 });
  assert.deepEqual(readTyped(field("price"), "dear"), { kind: "fault", fault: "number" });
  assert.deepEqual(readTyped(field("price"), ""), { kind: "omitted" });
  assert.deepEqual(readTyped(field("guests"), '["Ada"]'), { kind: "value", value: ["Ada"] });
  assert.deepEqual(readTyped(field("guests"), "Ada"), { kind: "fault", fault: "json" });
  assert.deepEqual(readTyped(field("hotel_name"), ""), { kind: "value", value: "" });
});

test("withValues replaces, adds and leaves out", () => {
  const args = { hotel_name: "Adlon", price: 10, "a/b": 1 };
  const edited = withValues(args, [
    { field: field("hotel_name"), typed: { kind: "value", value: "Ritz" } },
    { field: field("price"), typed: { kind: "omitted" } },
    { field: field("nights"), typed: { kind: "value", value: 2 } },
  ]);
  assert.deepEqual(edited, { hotel_name: "Ritz", "a/b": 1, nights: 2 });
  assert.deepEqual(args, { hotel_name: "Adlon", price: 10, "a/b": 1 });
  const odd = withValues({}, [
    { field: field("hotel_name"), typed: { kind: "value", value: "x" } },
    { field: { ...field("price"), path: "/__proto__" }, typed: { kind: "value", value: 1 } },
  ]);
  assert.deepEqual(Object.keys(odd), ["hotel_name", "__proto__"]);
});

test("faultOf finds what the server says about a field", () => {
  const errors = [
    { path: "/args/hotel_name", message: "is unknown" },
    { path: "/args/guests/0", message: "should be a string" },
  ];
  assert.equal(faultOf(field("hotel_name"), errors), "is unknown");
  assert.equal(faultOf(field("guests"), errors), "should be a string");
  assert.equal(faultOf(field("price"), errors), undefined);
});
