import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Approval } from "#db/schema/approvals.ts";
import { decide } from "#src/approvals/decide.ts";
import { messageOf, RefusedError } from "#src/errors.ts";
import type { Review } from "#src/events.ts";
import { openTestDatabase } from "../support/open-test-database.ts";
import { decideDeps, waitingCall } from "../support/waiting-call.ts";

const database = openTestDatabase();

const people = ["a", "b", "c", "d"].map((name) => `api:ops%2F${name}`);
const act = fc.record({
  who: fc.nat({ max: people.length - 1 }),
  what: fc.constantFrom("accept" as const, "reject" as const, "edit" as const),
  amount: fc.integer({ min: 1, max: 2 }),
});

/** What a quorum is, in the fewest words: who consents now to what, who rejects. */
function model(
  quorum: number,
  acts: { who: number; what: "accept" | "reject" | "edit"; amount: number }[],
) {
  let amount = 10;
  let consents = new Set<number>();
  for (const { who, what, amount: changed } of acts) {
    if (what === "reject") return "rejected";
    if (what === "edit" && changed !== amount) {
      amount = changed;
      consents = new Set();
    }
    consents.add(who);
    if (consents.size >= quorum) return amount === 10 ? "accepted" : "edited";
  }
  return "pending";
}

test("decide: however people consent, edit and reject, the outcome is that of a quorum (property)", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(act, { maxLength: 8 }),
      async (quorum, acts) => {
        const approval = await waitingCall(database.sql, { rule: { approvers: people, quorum } });
        for (const { who, what, amount } of acts) {
          const review: Review =
            what === "edit" ? { type: "edit", args: { amount } } : { type: what };
          const [now] = await database.sql<
            Approval[]
          >`select * from approvals where id = ${approval.id}`;
          const digest = now?.editedDigest ?? approval.digest;
          await decide(decideDeps(database.sql), {
            approvalId: approval.id,
            actor: people[who] ?? "",
            review,
            digest,
            via: "test",
          }).catch((error: unknown) =>
            assert.ok(error instanceof RefusedError && error.code === "conflict", messageOf(error)),
          );
        }
        const [row] = await database.sql<
          Approval[]
        >`select * from approvals where id = ${approval.id}`;
        assert.equal(row?.status, model(quorum, acts));
      },
    ),
    { numRuns: 60 },
  );
});
