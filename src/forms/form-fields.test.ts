import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field } from "../adapter.ts";
import { fieldsOf } from "./form-fields.ts";
import type { Schema } from "./resolve-schema.ts";

/** The one field of a schema with one property. */
function only(property: unknown, value?: unknown, more: Schema = {}): Field {
  const schema = { type: "object", properties: { it: property }, ...more };
  const [field, ...rest] = fieldsOf(schema, value === undefined ? {} : { it: value });
  assert.ok(field);
  assert.deepEqual(rest, []);
  return field;
}
const types = (schema: Schema, current = {}) =>
  fieldsOf(schema, current).map(({ path, type }) => `${path} ${type}`);

test("fieldsOf makes an input of each property, in the schema's order", () => {
  const schema = {
    type: "object",
    properties: {
      hotel_name: { type: "string", title: "Hotel", description: "Its full name", maxLength: 80 },
      nights: { type: "integer", minimum: 1, maximum: 30, default: 1 },
      price: { type: "number" },
      breakfast: { type: "boolean" },
      room: { enum: ["single", "double"] },
      extras: { type: "array", items: { enum: ["sauna", "bike"] } },
      arrival: { type: "string", format: "date" },
      call_at: { type: "string", format: "date-time" },
      guests: { type: "array", items: { type: "string" }, maxItems: 4 },
      note: { type: "string", maxLength: 2000 },
    },
    required: ["hotel_name", "nights"],
  };
  assert.deepEqual(types(schema), [
    "/hotel_name string",
    "/nights integer",
    "/price number",
    "/breakfast boolean",
    "/room enum",
    "/extras multi-enum",
    "/arrival date",
    "/call_at date-time",
    "/guests strings",
    "/note text",
  ]);
  const [hotel, nights] = fieldsOf(schema, { hotel_name: "全季酒店" });
  assert.deepEqual(hotel, {
    path: "/hotel_name",
    label: "Hotel",
    help: "Its full name",
    required: true,
    value: "全季酒店",
    type: "string",
    maxLength: 80,
  });
  assert.deepEqual(nights, {
    path: "/nights",
    label: "Nights",
    required: true,
    value: 1,
    type: "integer",
    minimum: 1,
    maximum: 30,
  });
});

test("fieldsOf goes into nested objects, three levels down", () => {
  const leaf = { type: "object", properties: { e: { type: "string" } } };
  const deep = { type: "object", properties: { c: { type: "string" }, d: leaf } };
  const schema = { properties: { a: { type: "object", properties: { "b/x": deep } } } };
  const fields = fieldsOf(schema, {});
  assert.deepEqual(
    fields.map(({ path, label, type }) => [path, label, type]),
    [
      ["/a/b~1x/c", "A › B/x › C", "string"],
      ["/a/b~1x/d", "A › B/x › D", "json"],
    ],
  );
});

test("an input below an optional object is not required", () => {
  const address = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  assert.equal(fieldsOf({ properties: { address } }, {})[0]?.required, false);
  assert.equal(fieldsOf({ properties: { address }, required: ["address"] }, {})[0]?.required, true);
});

test("a default stands in an input only where the check would fill it in too", () => {
  const stay = { type: "object", properties: { nights: { type: "integer", default: 2 } } };
  assert.equal(fieldsOf({ properties: { stay } }, {})[0]?.value, undefined);
  assert.equal(fieldsOf({ properties: { stay } }, { stay: {} })[0]?.value, 2);
});

test("fieldsOf follows local references, and gives up on circles and what lies elsewhere", () => {
  const $defs = {
    City: { type: "string", title: "City" },
    Round: { $ref: "#/$defs/Round" },
    Tree: {
      type: "object",
      properties: { name: { type: "string" }, in: { $ref: "#/$defs/Tree" } },
    },
  };
  const city = only({ $ref: "#/$defs/City", description: "Where to" }, undefined, { $defs });
  assert.deepEqual([city.type, city.label, city.help], ["string", "City", "Where to"]);
  assert.equal(only({ $ref: "#/$defs/Round" }, undefined, { $defs }).type, "json");
  assert.equal(only({ $ref: "#/$defs/None" }, undefined, { $defs }).type, "json");
  assert.equal(only({ $ref: "#/%" }, undefined, { $defs }).type, "json");
  assert.equal(only({ $ref: "https://example.com/x" }).type, "json");
  assert.deepEqual(types({ $ref: "#/$defs/Tree", $defs }), [
    "/name string",
    "/in/name string",
    "/in/in/name string",
    "/in/in/in json",
  ]);
});

test("null beside a type leaves the type, and an emptied input means null where one is needed", () => {
  const required = { required: ["it"] };
  for (const property of [
    { anyOf: [{ type: "string" }, { type: "null" }] },
    { oneOf: [{ type: "null" }, { type: "string" }], default: null },
    { type: ["string", "null"] },
    { type: "string", nullable: true },
    { allOf: [{ type: ["null", "string"] }] },
  ]) {
    const field = only(property, null, required);
    assert.deepEqual([field.type, field.required, field.emptied], ["string", false, null]);
    assert.equal(only(property).emptied, undefined);
  }
  assert.equal(only({ enum: ["a", null] }, null, required).type, "enum");
});

test("unions, lists of objects, maps and the like are JSON", () => {
  const object = { type: "object", properties: { a: { type: "string" } } };
  for (const property of [
    {},
    true,
    { type: ["string", "number"] },
    { anyOf: [{ type: "string" }, { type: "number" }] },
    { type: "array", items: object },
    { type: "array" },
    { type: "object" },
    { ...object, patternProperties: { "^x": {} } },
    { ...object, additionalProperties: { type: "string" } },
    { ...object, oneOf: [{ properties: { b: {} } }, { properties: { c: {} } }] },
    { enum: ["a", { b: 1 }] },
    { allOf: [{ type: "string" }], type: "number" },
  ])
    assert.equal(only(property).type, "json", JSON.stringify(property));
});

test("constraints over the known properties leave them their inputs", () => {
  const schema = {
    properties: { email: { type: "string" }, phone: { type: "string" } },
    anyOf: [{ required: ["email"] }, { required: ["phone"] }],
  };
  assert.deepEqual(types(schema), ["/email string", "/phone string"]);
});

test("a value that its input cannot hold is JSON", () => {
  for (const [property, value] of [
    [{ type: "string" }, "two\u202e"],
    [{ type: "string" }, " edges "],
    [{ type: "string" }, "a\r\nb"],
    [{ type: "string" }, 1],
    [{ type: "integer" }, 1.5],
    [{ type: "boolean" }, "yes"],
    [{ enum: ["a"] }, "b"],
    [{ type: "array", items: { enum: ["a"] } }, ["a", "a"]],
    [{ type: "array", items: { type: "string" } }, ["a\nb"]],
    [{ type: "array", items: { type: "string" } }, [""]],
    [{ type: "object", properties: { a: {} } }, "text"],
  ] as const)
    assert.equal(only(property, value).type, "json", JSON.stringify([property, value]));
  assert.equal(only({ type: "string", format: "date" }, "soon").type, "string");
  assert.equal(only({ type: "string", format: "date" }, "2026-02-30").type, "string");
  assert.equal(only({ type: "string" }, "two\nlines\n").type, "text");
  assert.equal(only({ type: "string" }, "x".repeat(201)).type, "text");
});

test("options show their values, and such as text cannot tell apart are no options", () => {
  const titled = only({ oneOf: [{ const: "eur", title: "Dollar\u200b" }, { const: "usd" }] });
  assert.deepEqual("options" in titled && titled.options, [
    { label: "Dollar (eur)", value: "eur" },
    { label: "usd", value: "usd" },
  ]);
  assert.equal(only({ enum: [1, "1"] }).type, "json");
  assert.equal(only({ enum: ["a", "a\u200b"] }).type, "json");
});

test("what cannot be changed has no input", () => {
  const properties = {
    id: { type: "string", readOnly: true },
    kind: { const: "email" },
    to: { type: "string" },
  };
  assert.deepEqual(types({ properties }, { id: "1", kind: "email", to: "a" }), ["/to string"]);
  assert.deepEqual(types({ properties }, { kind: "sms" }), ["/kind json", "/to string"]);
  assert.deepEqual(types({ properties }), ["/kind enum", "/to string"]);
});

test("a secret is never in its field, wherever the schema hides it", () => {
  const secret = { type: "string", format: "password", default: "hunter2" };
  const $defs = {
    Login: { type: "object", properties: { pin: { type: "string", writeOnly: true } } },
  };
  const list = { type: "array", items: { $ref: "#/$defs/Login" } };
  for (const field of [
    only(secret),
    only(secret, "hunter2", { required: ["it"] }),
    only(list, [{ pin: "hunter2" }], { $defs }),
    only({ $ref: "https://example.com/x", writeOnly: true }, "hunter2"),
    ...fieldsOf({ $defs, anyOf: [{ $ref: "#/$defs/Login" }] }, { pin: "hunter2" }),
  ]) {
    assert.equal(field.secret, true);
    assert.doesNotMatch(JSON.stringify(field), /hunter2/);
  }
  assert.equal(only(secret, "hunter2", { required: ["it"] }).required, false);
  assert.equal(only({ writeOnly: true }, undefined, { required: ["it"] }).required, true);
});

test("arguments that the schema does not name have an input too", () => {
  const fields = fieldsOf({ properties: { a: { type: "string" } } }, { "b~c": [1] });
  assert.deepEqual(
    fields.map(({ path, type, value }) => [path, type, value]),
    [
      ["/a", "string", undefined],
      ["/b~0c", "json", [1]],
    ],
  );
});

test("without a usable schema all arguments are one JSON text", () => {
  for (const schema of [null, {}, { type: "object" }, { $ref: "#" }, { type: "array" }])
    assert.deepEqual(fieldsOf(schema, { x: 1 }), [
      { path: "", label: "JSON", required: true, type: "json", value: { x: 1 } },
    ]);
});

test("a schema with very many properties is shown in fewer inputs", () => {
  const wide = (count: number, property: unknown) => ({
    type: "object",
    properties: Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, property])),
  });
  const nested = fieldsOf(wide(20, wide(20, { type: "string" })), {});
  assert.deepEqual([nested.length, nested[0]?.type], [20, "json"]);
  assert.deepEqual(types(wide(201, { type: "string" })), [" json"]);
  const huge = wide(100, { $ref: "#" });
  assert.equal(fieldsOf(huge, {}).length, 100);
});

test("a schema that is very deep is JSON below the third level", () => {
  let deep: Schema = { type: "string" };
  for (let level = 0; level < 10_000; level++) deep = { type: "object", properties: { a: deep } };
  assert.deepEqual(types(deep), ["/a/a/a json"]);
});

test("labels and help are one plain line, and no two labels are the same", () => {
  const field = only({
    type: "string",
    title: "Re\u202ecipient\n",
    description: `a\u0007b ${"x".repeat(999)}`,
  });
  assert.equal(field.label, "Re cipient");
  assert.match(field.help ?? "", /^a b x+…$/);
  assert.equal(field.help?.length, 300);
  const labels = fieldsOf(
    {
      properties: {
        to: { title: "To" },
        from: { title: "To" },
        checkInDate: {},
        api_URL: {},
        "": {},
      },
    },
    {},
  ).map(({ label }) => label);
  const forged = { a: { title: "To" }, b: { title: "To (/a)" }, c: { title: "To" } };
  assert.deepEqual(
    fieldsOf({ properties: forged }, {}).map(({ label }) => label),
    ["To (/a) (/a)", "To (/a) (/b)", "To (/c)"],
  );
  assert.deepEqual(labels, ["To (/to)", "To (/from)", "Check in date", "Api URL", '""']);
});
