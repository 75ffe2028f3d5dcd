import { writeAudit } from "#db/queries/audit.ts";
import type { Approval } from "#db/schema/approvals.ts";
import { RefusedError } from "../errors.ts";
import type { Actor } from "../events.ts";
import { closeUndecided, type Decided } from "./close-approval.ts";
import type { DecideDeps } from "./decide.ts";

/** Takes a call back that was asked for and not decided: only its requester may. RefusedError not_found, forbidden, conflict; the latter two are audited. */
export async function withdraw(
  deps: Pick<DecideDeps, "sql" | "clock">,
  approvalId: string,
  actor: Actor,
): Promise<Decided> {
  const [seen] = await deps.sql<Approval[]>`select * from approvals where id = ${approvalId}`;
  if (!seen) throw new RefusedError("not_found", `There is no approval ${approvalId}`);
  try {
    return await takeBack(deps, approvalId, actor);
  } catch (error) {
    if (error instanceof RefusedError) {
      const { runId, digest } = seen;
      const detail = { code: error.code };
      await deps.sql.begin((tx) =>
        writeAudit(tx, { action: "withdrawal.refused", actor, approvalId, runId, digest, detail }),
      );
    }
    throw error;
  }
}

function takeBack(
  deps: Pick<DecideDeps, "sql" | "clock">,
  approvalId: string,
  actor: Actor,
): Promise<Decided> {
  return deps.sql.begin(async (tx) => {
    const [approval] = await tx<
      Approval[]
    >`select * from approvals where id = ${approvalId} for update`;
    if (!approval) throw new RefusedError("not_found", `There is no approval ${approvalId}`);
    if (approval.requester !== actor)
      throw new RefusedError("forbidden", `Only ${approval.requester} may withdraw ${approvalId}`);
    const closed = await closeUndecided(tx, approvalId, "withdrawn", actor, deps.clock());
    if (closed) return closed;
    const { status, decidedBy } = approval;
    throw new RefusedError("conflict", `${approvalId} is ${status} already`, {
      details: { status, decided_by: decidedBy },
    });
  });
}
