import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApprovalBody } from "../api.ts";
import { type Draft, editForm } from "./edit-form.ts";
import type { Screen } from "./screen.ts";
import { en } from "./words-en.ts";

const parameters = {
  type: "object",
  properties: {
    hotel: { type: "string" },
    nights: { type: "integer", maximum: 9 },
    breakfast: { type: "boolean" },
    address: { type: "object", properties: { city: { type: "string" } } },
    guests: { type: "array", items: { type: "string" } },
  },
  required: ["hotel", "nights"],
};

/** Fills in `typed` by label, else takes what stands there; keeps what was asked and what was said to be wrong. */
function scripted(typed: Record<string, string>) {
  const asked: string[] = [];
  const answer = (question: string, initial = "") =>
    typed[Object.keys(typed).find((label) => question.startsWith(label)) ?? ""] ?? initial;
  const screen = {
    async choose(question, _choices, how) {
      asked.push(question);
      return answer(question, how?.initial);
    },
    async ask(question, how) {
      const text = answer(question, how?.initial);
      asked.push([question, how?.fault, how?.check?.(text)].filter((part) => part).join(" | "));
      return how?.check?.(text) === undefined ? text : undefined;
    },
  } as Pick<Screen, "ask" | "choose"> as Screen;
  return { screen, asked };
}
const run = (screen: Screen, draft: Draft) =>
  editForm(
    screen,
    en,
    { parameters } as unknown as ApprovalBody,
    draft,
    new AbortController().signal,
  );

test("editForm asks field by field, and leaves what is not changed", async () => {
  const args = { hotel: "Adlon", nights: 2, guests: ["Ada"] };
  const { screen, asked } = scripted({ Nights: "3", "Address › City": "Berlin", Breakfast: "0" });
  const edited = await run(screen, { args, errors: [] });
  assert.deepEqual(edited, { ...args, nights: 3, breakfast: true, address: { city: "Berlin" } });
  assert.deepEqual(asked, [
    "Hotel",
    "Nights (a whole number, at most 9)",
    "Breakfast (may stay empty)",
    "Address › City (may stay empty)",
    "Guests (as JSON; may stay empty)",
  ]);
});

test("editForm says at once what no field can hold", async () => {
  const { screen, asked } = scripted({ Nights: "2,5" });
  assert.equal(await run(screen, { args: { hotel: "Adlon", nights: 2 }, errors: [] }), undefined);
  assert.match(asked[1] ?? "", /should be written with a decimal point/);
});

test("editForm asks again only for what the server refused, with the reason", async () => {
  const { screen, asked } = scripted({ Nights: "9", Guests: "[]" });
  const errors = [
    { path: "/args/nights", message: "should be <= 9" },
    { path: "/args/guests/0", message: "should be string" },
  ];
  const edited = await run(screen, { args: { hotel: "Adlon", nights: 12, guests: ["x"] }, errors });
  assert.deepEqual(edited, { hotel: "Adlon", nights: 9 });
  assert.deepEqual(asked, [
    "Nights (a whole number, at most 9) | should be <= 9",
    "Guests (as JSON; may stay empty) | no. 1 should be string",
  ]);
});
