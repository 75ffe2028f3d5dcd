import type { Sql } from "#db/client.ts";
import { writeAudit } from "#db/queries/audit.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { FieldError } from "../adapter.ts";
import { RefusedError } from "../errors.ts";
import type { Actor, Review } from "../events.ts";
import { clean } from "../text.ts";
import { applyReview } from "./apply-review.ts";
import { type Authorising, authorise } from "./authorise.ts";
import type { Decided } from "./close-approval.ts";
import type { GrantRequest } from "./grants.ts";

/** Checks arguments by a tool's JSON Schema, filling in its defaults; handed in. */
export type CheckArgs = (
  schema: Record<string, unknown>,
  args: unknown,
) => { ok: true; args: Record<string, unknown> } | { ok: false; errors: FieldError[] };

export type DecideDeps = Authorising & {
  sql: Sql;
  checkArgs: CheckArgs;
  clock(): Date;
};

export type Decision = {
  approvalId: string;
  actor: Actor;
  review: Review;
  /** The digest of what the person looked at; a decision about anything else is refused. */
  digest?: string;
  /** Where it came from, for the audit: `api`, `original`, `slack`, … */
  via: string;
  /** What the caller's API key may do; only such a caller decides tier `dashboard`. */
  scopes?: ReadonlySet<string>;
  /** With `accept`: let calls like this one run for a while. */
  grant?: GrantRequest;
};

/**
 * The one decision function, whatever the path: who may, on what, once.
 *
 * Who may is asked at this moment, before anything is locked. Then compare-and-set under the row's lock: votes,
 * journal, audit and the run's wake-up in one transaction. The caller adds the job that `wake` names after this
 * resolves. Refusals are audited too. Throws RefusedError: not_found; conflict (decided, expired, voted before, or
 * not what was shown; `details` say by whom); forbidden (who, or not fully viewed, or a grant where there can be none);
 * invalid (review type not allowed, arguments that fail the tool's schema, by field).
 */
export async function decide(deps: DecideDeps, given: Decision): Promise<Decided> {
  const decision = { ...given, review: clean(given.review) };
  const { approvalId, actor, via } = decision;
  const [seen] = await deps.sql<Approval[]>`select * from approvals where id = ${approvalId}`;
  if (!seen) throw new RefusedError("not_found", `There is no approval ${approvalId}`);
  try {
    await authorise(deps, seen, actor, decision.scopes);
    return await deps.sql.begin(async (tx) => {
      const [approval] = await tx<
        Approval[]
      >`select * from approvals where id = ${approvalId} for update`;
      if (!approval) throw new RefusedError("not_found", `There is no approval ${approvalId}`);
      return applyReview(deps, tx, approval, decision);
    });
  } catch (error) {
    if (error instanceof RefusedError) {
      const detail = { type: decision.review.type, via, code: error.code };
      const { runId, digest } = seen;
      await deps.sql.begin((tx) =>
        writeAudit(tx, { action: "decision.refused", actor, approvalId, runId, digest, detail }),
      );
    }
    throw error;
  }
}
