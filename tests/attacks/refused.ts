import assert from "node:assert/strict";
import type { Sql } from "#db/client.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { AuditRow } from "#db/schema/audit.ts";
import { type ErrorCode, RefusedError } from "#src/errors.ts";
import type { Actor } from "#src/events.ts";

/** Holds that an attempt is refused with the code, changes nothing, and is written down under the actor's name. */
export async function assertRefused(
  { sql }: { sql: Sql },
  approval: Approval,
  actor: Actor,
  code: ErrorCode,
  attempt: () => Promise<unknown>,
): Promise<void> {
  const standing = async () => {
    const [row] = await sql<Approval[]>`select * from approvals where id = ${approval.id}`;
    const votes = await sql`select * from approval_votes where approval_id = ${approval.id}`;
    return { row, votes: [...votes] };
  };
  const before = await standing();
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof RefusedError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });
  assert.deepEqual(await standing(), before);
  await assertNoted(sql, approval, actor, code);
}

/** Holds that the last row about an approval is the refusal of this actor. */
export async function assertNoted(
  sql: Sql,
  approval: Approval,
  actor: Actor,
  code: ErrorCode,
): Promise<void> {
  const [row] = await sql<AuditRow[]>`
    select * from audit where approval_id = ${approval.id} order by id desc limit 1`;
  assert.deepEqual(
    { action: row?.action, actor: row?.actor, code: row?.detail?.code },
    { action: "decision.refused", actor, code },
  );
}
