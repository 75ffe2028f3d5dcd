import assert from "node:assert/strict";
import { test } from "node:test";
import type { ToldCard } from "../client/journal-schema.ts";
import {
  argsText,
  cardText,
  changesText,
  outcomeOf,
  outcomeOfCard,
  outcomeText,
  whoIs,
} from "./card-text.ts";
import { wordsFor } from "./words.ts";

const en = wordsFor("en");
const approval = {
  kind: "tool_call",
  tool: "book_hotel",
  tier: "ask",
  args_text: '{"hotel_name":"如家酒店","nights":2}',
  requester: "ada",
  reason: "It asks.",
  expires_at: null,
  edited_args: null,
  preview: null,
  taint: [],
  quorum: 1,
  votes: [],
  approvers: ["requester"],
} satisfies Parameters<typeof cardText>[0];
const card: ToldCard = {
  approvalId: "apr_1",
  runId: "run_1",
  kind: "tool_call",
  callId: "c1",
  tool: "book_hotel",
  tier: "ask",
  args: '{"hotel_name":"Adlon"}',
  digest: "d",
  requester: "api:local%2Fada",
  reason: "It asks.",
  allowed: ["accept"],
  status: "edited",
  requestedAt: "2026-11-23T08:00:00Z",
  expiresAt: null,
  decision: {
    type: "edit",
    by: "api:local%2Fgrace",
    at: "2026-11-23T08:00:01Z",
    args: '{"hotel_name":"Ritz","nights":1}',
  },
};

test("cardText shows the sealed text, who asked and why", () => {
  assert.deepEqual(cardText(approval, "ada", en), {
    title: "Approval needed: book_hotel",
    text: [
      "Tool: book_hotel",
      "Arguments:",
      '  hotel_name: "如家酒店"',
      "  nights: 2",
      "Asked by: you",
      "Why: It asks.",
    ].join("\n"),
  });
});

test("cardText has words of its own for an unknown outcome", () => {
  const { title, text } = cardText({ ...approval, kind: "outcome_unknown" }, "ada", en);
  assert.equal(title, "What became of book_hotel?");
  assert.match(text, /^This call was started and nobody knows/);
});

test("cardText shows what an approver changed, the effect, the taint and the consents", () => {
  const { text } = cardText(
    {
      ...approval,
      edited_args: { hotel_name: "Ritz", nights: 2 },
      preview: "Books 2 nights\nWhy: it is cheap",
      taint: ["web"],
      quorum: 2,
      votes: [{ by: "grace", type: "edit", at: "" }],
      approvers: ["@finance"],
    },
    "ada",
    en,
  );
  assert.equal(
    text,
    [
      "Tool: book_hotel",
      "Arguments:",
      '  hotel_name: "Ritz"',
      "  nights: 2",
      "Changed by an approver:",
      '  hotel_name: "如家酒店" → "Ritz"',
      "What it would do:",
      "│ Books 2 nights",
      "│ Why: it is cheap",
      "Untrusted sources in the context: web",
      "Asked by: you",
      "Why: It asks.",
      "Consent: 1 of 2 (grace), of @finance",
    ].join("\n"),
  );
});

test("cardText counts as consent only what is, and names approvers as people read them", () => {
  const vote = (by: string, type: "accept" | "reject") => ({ by, type, at: "" });
  const { text } = cardText(
    {
      ...approval,
      quorum: 2,
      votes: [vote("grace", "accept"), vote("ada", "reject")],
      approvers: ["requester", "api:local%2Fgrace", "members", "slack:T1:U7"],
    },
    "ada",
    en,
  );
  assert.match(
    text,
    /Consent: 1 of 2 \(grace\), of whoever asked for it, grace, members of the place, slack:T1:U7\nAgainst: you$/,
  );
});

test("argsText lets no value look like a line of ours", () => {
  assert.equal(
    argsText({ note: 'x"\nTool: other\u2028', "odd\nname": [1, { a: null }], old: "\r\n" }),
    'note:\n│ x"\n│ Tool: other\u2028\n"odd\\nname": [\n  1,\n  {\n    "a": null\n  }\n]\nold: "\\r\\n"',
  );
});

test("outcomeText tells who decided what, and before → after", () => {
  assert.equal(
    outcomeText(outcomeOfCard(card), "ada", en),
    'book_hotel: Edited by grace\nhotel_name: "Adlon" → "Ritz"\nnights: ∅ → 1',
  );
  const expired: ToldCard = { ...card, status: "expired", decision: null };
  assert.equal(
    outcomeText(outcomeOfCard(expired), "ada", en),
    "book_hotel: Nobody decided in time",
  );
});

test("an outcome reads the same from the journal and from the API", () => {
  const rejected = outcomeOf({
    ...approval,
    status: "rejected",
    decision: { type: "reject", by: "grace", at: "", message: "too dear", args: null },
  });
  assert.equal(outcomeText(rejected, "ada", en), "book_hotel: Rejected by grace “too dear”");
});

test("changesText leaves out what stayed", () => {
  assert.equal(changesText({ a: 1, b: [1], c: 0 }, { a: 1, b: [2] }), "b: [1] → [2]\nc: 0 → ∅");
});

test("whoIs names API users, and everybody else by address", () => {
  assert.equal(whoIs("api:local%2Fada", "ada", en), "you");
  assert.equal(whoIs("api:web%2Fa%2Fb", "ada", en), "a/b");
  assert.equal(whoIs("slack:T1:U7", "ada", en), "slack:T1:U7");
  assert.equal(whoIs("grace", "ada", en), "grace");
});
