import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEdit } from "./apply-edit.ts";
import { editedArgs } from "./form-values.ts";

const address = {
  type: "object",
  properties: { street: { type: "string" }, city: { type: "string" } },
  required: ["city"],
};
const schema = {
  type: "object",
  properties: {
    hotel: { type: "string", minLength: 2 },
    nights: { type: "integer", minimum: 1, maximum: 30 },
    price: { type: "number" },
    breakfast: { type: "boolean" },
    room: { enum: ["single", 2, true] },
    extras: { type: "array", items: { enum: ["sauna", "bike", "boat"] } },
    arrival: { type: "string", format: "date" },
    call_at: { type: "string", format: "date-time" },
    guests: { type: "array", items: { type: "string", minLength: 2 }, maxItems: 3 },
    note: { type: "string", maxLength: 4000 },
    address,
    more: {},
  },
  required: ["hotel"],
  additionalProperties: false,
};
const current = { hotel: "Adlon" };
const edit = (values: Record<string, unknown>, from: Record<string, unknown> = current) => {
  const edited = applyEdit(from, schema, values);
  assert.ok(edited.ok, JSON.stringify(edited));
  return edited.args;
};
const faults = (values: Record<string, unknown>, from: Record<string, unknown> = current) => {
  const edited = applyEdit(from, schema, values);
  return edited.ok ? [] : edited.errors.map(({ path, message }) => `${path} ${message}`);
};

test("applyEdit reads each type of field from what surfaces send", () => {
  const args = edit({
    "/hotel": "Ritz",
    "/nights": " 3 ",
    "/price": "1.5e2",
    "/breakfast": "true",
    "/room": "2",
    "/extras": ["boat", "sauna"],
    "/arrival": "2026-11-23",
    "/call_at": 1_795_428_000,
    "/guests": "Ada\r\n\n Grace ",
    "/note": "one\r\ntwo",
    "/address/city": "Berlin",
    "/more": '{"a": [1]}',
  });
  assert.deepEqual(args, {
    hotel: "Ritz",
    nights: 3,
    price: 150,
    breakfast: true,
    room: 2,
    extras: ["boat", "sauna"],
    arrival: "2026-11-23",
    call_at: "2026-11-23T10:00:00Z",
    guests: ["Ada", "Grace"],
    note: "one\ntwo",
    address: { city: "Berlin" },
    more: { a: [1] },
  });
  assert.deepEqual(edit({ "/room": "true", "/breakfast": false }).room, true);
});

test("a field that is not sent stays as it is, an emptied one goes", () => {
  const from = { hotel: "Adlon", nights: 2, guests: ["Ada"], breakfast: false };
  assert.deepEqual(edit({ "/nights": "3" }, from), { ...from, nights: 3 });
  assert.deepEqual(edit({ "/nights": "", "/guests": [], "/breakfast": null }, from), current);
});

test("a needed field that is emptied is an error at the field", () => {
  for (const empty of ["", "  ", null])
    assert.deepEqual(faults({ "/hotel": empty }), ["/hotel is needed"]);
});

test("numbers mean the same in every country, and keep all their digits", () => {
  const comma = /^\/price should be written with a decimal point and no separators/;
  for (const text of ["1,5", "1.500,00", "1,500", "1 500", "1'500"])
    assert.match(faults({ "/price": text })[0] ?? "", comma, text);
  for (const text of ["five", "1.", ".5", "0x10", "007", "１", "NaN", "1e", "--1", true])
    assert.match(
      faults({ "/price": text })[0] ?? "",
      /should be a number in plain digits/,
      `${text}`,
    );
  for (const text of ["9007199254740993", "0.1000000000000000055", "1e999"])
    assert.match(faults({ "/price": text })[0] ?? "", /more digits than can be kept/, text);
  for (const text of ["-0.25", "0.30000000000000004", "1.50", "1e21", "100", "9007199254740992"])
    assert.deepEqual(edit({ "/price": text }).price, Number(text));
  assert.deepEqual(faults({ "/nights": "2.5" }), ["/nights should be a whole number"]);
  assert.equal(edit({ "/nights": "3.0" }).nights, 3);
});

test("dates and times must exist, and times name their zone", () => {
  assert.match(faults({ "/arrival": "2026-02-30" })[0] ?? "", /^\/arrival should be a date/);
  assert.match(faults({ "/arrival": "23.11.2026" })[0] ?? "", /^\/arrival should be a date/);
  assert.match(faults({ "/call_at": "2026-11-23T10:00:00" })[0] ?? "", /a time with its zone/);
  assert.match(faults({ "/call_at": Number.NaN })[0] ?? "", /a time with its zone/);
});

test("a picker that knows no zone leaves a time as it was written", () => {
  const from = { hotel: "Adlon", call_at: "2026-11-23T12:00:00.5+02:00" };
  assert.deepEqual(edit({ "/call_at": 1_795_428_000 }, from), from);
  assert.equal(edit({ "/call_at": 1_795_428_060 }, from).call_at, "2026-11-23T10:01:00Z");
});

test("picks come in no order, so that only another choice is a change", () => {
  const from = { hotel: "Adlon", extras: ["boat", "bike"] };
  assert.deepEqual(edit({ "/extras": ["bike", "boat"] }, from), from);
  assert.deepEqual(edit({ "/extras": ["bike"] }, from).extras, ["bike"]);
  assert.deepEqual(faults({ "/extras": ["car"], "/room": "penthouse" }), [
    "/room should be one of single, 2, true",
    "/extras should be one of sauna, bike, boat",
  ]);
});

test("a text keeps the line feeds at its end, which inputs trim", () => {
  const from = { hotel: "Adlon", note: "one\ntwo\n" };
  assert.deepEqual(edit({ "/note": "one\ntwo" }, from), from);
  assert.equal(edit({ "/note": "one" }, from).note, "one");
});

test("JSON that would lose something without a word is refused", () => {
  assert.deepEqual(faults({ "/more": "{a: 1}" }), ["/more is no valid JSON"]);
  assert.deepEqual(faults({ "/more": '{"a": 1, "b": {"c": 1, "\\u0063": 2}}' }), [
    "/more names a property twice in one object",
  ]);
  assert.deepEqual(faults({ "/more": "[9007199254740993]" }), [
    "/more has more digits than can be kept exactly",
  ]);
  const tricky = { __proto__x: 1, ":": [{ 'a":': "b:c" }], n: -0.5, big: 1e21 };
  assert.deepEqual(edit({ "/more": JSON.stringify(tricky) }).more, tricky);
});

test("a nested object comes with its first value and goes with its last", () => {
  const from = { hotel: "Adlon", address: { city: "Berlin" } };
  assert.deepEqual(edit({ "/address/city": "" }, from), current);
  assert.deepEqual(edit({ "/address/city": "", "/address/street": "" }, current), current);
  assert.deepEqual(faults({ "/address/street": "Unter den Linden" }), ["/address/city is missing"]);
  const needed = {
    type: "object",
    properties: { o: { type: "object", properties: { a: {} } } },
    required: ["o"],
  };
  const emptied = applyEdit({ o: { a: 1 } }, needed, { "/o/a": "" });
  assert.deepEqual(emptied, { ok: true, args: { o: {} } });
});

test("an emptied input means null, nothing or an empty list where the argument must stay", () => {
  const needed = {
    type: "object",
    properties: {
      a: { type: ["string", "null"] },
      b: { type: "array", items: { type: "string" } },
      c: { type: "string" },
    },
    required: ["a", "b", "c"],
  };
  const from = { a: "x", b: ["y"], c: "" };
  assert.deepEqual(applyEdit(from, needed, { "/a": "", "/b": "", "/c": null }), {
    ok: true,
    args: { a: null, b: [], c: "" },
  });
});

test("a secret that is left empty stays, and is replaced by what is typed", () => {
  const login = {
    type: "object",
    properties: { pin: { type: "string", format: "password" } },
    required: ["pin"],
  };
  const from = { pin: "hunter2" };
  assert.deepEqual(applyEdit(from, login, { "/pin": "" }), { ok: true, args: from });
  assert.deepEqual(applyEdit(from, login, { "/pin": "new" }), { ok: true, args: { pin: "new" } });
  assert.deepEqual(applyEdit({}, login, { "/pin": "" }), {
    ok: false,
    errors: [{ path: "/pin", message: "is needed" }],
  });
});

test("fields that the form does not have are refused", () => {
  assert.deepEqual(faults({ "/room_rate": "0" }), ['/hotel This form has no field "/room_rate"']);
  assert.deepEqual(faults({ "/address": "{}" }), ['/hotel This form has no field "/address"']);
});

test("what the schema refuses is said at the field, in the person's language", () => {
  assert.deepEqual(faults({ "/hotel": "x", "/nights": "31", "/guests": "Ada\nB\nC\nD" }), [
    "/hotel should have at least 2 characters",
    "/nights should be <= 30",
    "/guests should have at most 3 items",
    "/guests no. 2 should have at least 2 characters",
    "/guests no. 3 should have at least 2 characters",
    "/guests no. 4 should have at least 2 characters",
  ]);
  assert.deepEqual(applyEdit(current, schema, { "/nights": "31" }, { language: "zh" }), {
    ok: false,
    errors: [{ path: "/nights", message: "应 <= 30" }],
  });
  const either = {
    type: "object",
    properties: { email: { type: "string" }, phone: { type: "string" } },
    anyOf: [{ required: ["email"] }, { required: ["phone"] }],
  };
  const none = applyEdit({ email: "a" }, either, { "/email": "" });
  assert.ok(!none.ok && none.errors.every(({ path }) => ["/email", "/phone"].includes(path)));
});

test("without a schema's properties all arguments are typed, and stay an object", () => {
  assert.deepEqual(editedArgs(null, { a: 1 }, { "": '{"b": 2}' }), { ok: true, args: { b: 2 } });
  assert.equal(editedArgs(null, { a: 1 }, { "": "[2]" }).ok, false);
  assert.equal(editedArgs(null, { a: 1 }, { "": "" }).ok, false);
});

test("names that objects inherit are names like others", () => {
  const odd = JSON.parse('{"type": "object", "properties": {"__proto__": {"type": "string"}}}');
  const edited = applyEdit({}, odd, { "/__proto__": "x" });
  assert.ok(edited.ok);
  assert.equal(JSON.stringify(edited.args), '{"__proto__":"x"}');
  assert.deepEqual(faults({ "/constructor": "x" }).length, 1);
});
