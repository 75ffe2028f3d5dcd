import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field } from "../adapter.ts";
import { fieldsOf } from "../forms/form-fields.ts";
import { editedArgs } from "../forms/form-values.ts";
import { sentFor, typedOf } from "./fields.ts";

const parameters = {
  type: "object",
  properties: {
    hotel_name: { type: "string" },
    nights: { type: "integer" },
    guests: { type: "array", items: { type: "string" } },
    extras: { type: "array", items: { enum: ["sauna", "bike"] } },
    note: { type: "string", maxLength: 1000 },
    more: {},
  },
};

function field(name: string, args: Record<string, unknown> = {}): Field {
  const found = fieldsOf(parameters, args).find((field) => field.path === `/${name}`);
  assert.ok(found);
  return found;
}

test("typedOf shows what one line can hold as it is, and all else as JSON", () => {
  assert.equal(typedOf(field("hotel_name", { hotel_name: "如家酒店" })), "如家酒店");
  assert.equal(typedOf(field("nights", { nights: 3 })), "3");
  assert.equal(typedOf(field("note", { note: "one line" })), "one line");
  assert.equal(typedOf(field("note", { note: "two\nlines" })), '"two\\nlines"');
  assert.equal(typedOf(field("hotel_name", { hotel_name: "a\u202e" })), '"a\\u202e"');
  assert.equal(typedOf(field("guests", { guests: ["Ada"] })), '["Ada"]');
  assert.equal(typedOf(field("guests")), "");
});

test("sentFor reads a list as JSON, and says what is none", () => {
  assert.deepEqual(sentFor(field("guests"), '["Ada"]', "en"), { sent: ["Ada"] });
  assert.deepEqual(sentFor(field("guests"), "Ada", "en"), { fault: "is no valid JSON" });
  assert.deepEqual(sentFor(field("extras"), '"bike"', "en"), { fault: "should be a list" });
  assert.deepEqual(sentFor(field("guests"), " ", "en"), { sent: " " });
  assert.deepEqual(sentFor(field("more"), '"x"', "en"), { sent: '"x"' });
});

test("lines that stay as they were shown change nothing", () => {
  const args = {
    hotel_name: "a\u200bb",
    nights: 2,
    guests: ["Ada", "Grace"],
    extras: ["bike", "sauna"],
    note: "two\nlines\n",
    more: "5",
  };
  const values = fieldsOf(parameters, args).map((field) => {
    const read = sentFor(field, typedOf(field), "en");
    assert.ok("sent" in read);
    return [field.path, read.sent];
  });
  assert.deepEqual(editedArgs(parameters, args, Object.fromEntries(values)), { ok: true, args });
});
