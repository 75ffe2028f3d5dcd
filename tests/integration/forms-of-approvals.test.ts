import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Approval } from "#db/schema/approvals.ts";
import type { Inbound } from "#src/events.ts";
import { handle } from "#src/runs/handle.ts";
import { type TestService, testService } from "../support/service.ts";
import { waitingCall } from "../support/waiting-call.ts";

let service: TestService;
const ada = "api:local%2Fada";
let events = 0;

before(async () => {
  service = await testService();
});
after(() => service[Symbol.asyncDispose]());

function from<T extends object>(actor: string, event: T) {
  return handle(service.core, {
    key: `k${++events}`,
    place: "api:local%2Fada:s1",
    actor,
    at: 0,
    ...event,
  } as unknown as Inbound);
}
const standing = async ({ id }: Approval) =>
  (await service.core.sql<Approval[]>`select * from approvals where id = ${id}`)[0];

test("a form shows the sealed arguments to who may decide, and nobody else", async () => {
  const { id: approvalId } = await waitingCall(service.core.sql, { requester: ada });
  const asked = { kind: "form.requested", approvalId, type: "edit", page: 0 };
  const answer = await from(ada, asked);
  assert.ok(answer.kind === "form");
  assert.deepEqual(
    answer.form.fields.map(({ path, value }) => [path, value]),
    [
      ["/amount", 10],
      ["/to", undefined],
    ],
  );
  assert.equal((await from("api:local%2Feve", asked)).kind, "notice");
});

test("an edit form's values are checked at their field, then decided once", async () => {
  const approval = await waitingCall(service.core.sql, { requester: ada });
  const submitted = { kind: "form.submitted", approvalId: approval.id, type: "edit" };
  const wrong = await from(ada, { ...submitted, values: { "/amount": "-3" } });
  assert.ok(wrong.kind === "fieldErrors");
  assert.equal(wrong.errors[0]?.path, "/amount");
  assert.equal((await from(ada, { ...submitted, values: { "/amount": "12" } })).kind, "stored");
  assert.equal((await standing(approval))?.editedArgs, '{"amount":12}');
  const late = await from(ada, {
    kind: "form.requested",
    approvalId: approval.id,
    type: "edit",
    page: 0,
  });
  assert.ok(late.kind === "notice");
  assert.match(late.text, /is edited already/);
});

test("submitting the full view of long arguments accepts them; a button alone does not", async () => {
  const args = { amount: 1, to: "x".repeat(5_000) };
  const approval = await waitingCall(service.core.sql, { requester: ada, args });
  const button = await from(ada, {
    kind: "decision",
    approvalId: approval.id,
    review: { type: "accept" },
  });
  assert.ok(button.kind === "notice");
  assert.equal((await standing(approval))?.status, "pending");
  const view = await from(ada, {
    kind: "form.requested",
    approvalId: approval.id,
    type: "view",
    page: 0,
  });
  assert.ok(view.kind === "form" && JSON.stringify(view.form.fields).includes(args.to));
  await from(ada, { kind: "form.submitted", approvalId: approval.id, type: "view", values: {} });
  assert.equal((await standing(approval))?.status, "accepted");
});

test("a response by form is the feedback; an empty one is refused at its field", async () => {
  const approval = await waitingCall(service.core.sql, { requester: ada });
  const submitted = { kind: "form.submitted", approvalId: approval.id, type: "respond" };
  assert.equal(
    (await from(ada, { ...submitted, values: { "/message": " " } })).kind,
    "fieldErrors",
  );
  await from(ada, { ...submitted, values: { "/message": "use the other hotel" } });
  const row = await standing(approval);
  assert.deepEqual([row?.status, row?.note], ["responded", "use the other hotel"]);
});
