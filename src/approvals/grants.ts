import canonicalize from "canonicalize";
import type { Query } from "#db/client.ts";
import { writeAudit } from "#db/queries/audit.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { Grant } from "#db/schema/grants.ts";
import { RefusedError } from "../errors.ts";
import type { Actor } from "../events.ts";
import { newId } from "../ids.ts";
import type { Rule } from "./rule.ts";

export type { Grant };

/** What an approver consents to beyond the one call. */
export type GrantRequest = {
  /** `session`: this conversation; `place`: every conversation at this place. */
  scope: "session" | "place";
  expiresInMs: number;
  uses?: number;
  /** Names of arguments that must stay as they are; all of them if absent. Naming none leaves all free. */
  fixed?: string[];
};

/** A call as grants are matched against it. */
export type GrantedCall = {
  tool: string;
  toolVersion: string;
  args: Record<string, unknown>;
  requester: Actor;
  sessionId: string;
  place: string;
};

const MOST_MS = 30 * 86_400_000;

/** Whether one approver may let calls like this one run: not what is guarded, nor what takes several people. */
export function isGrantable(approval: Approval): boolean {
  const { grants, quorum } = approval.rule as Rule;
  return grants && quorum === 1 && approval.tier === "ask" && approval.kind === "tool_call";
}

/** Throws RefusedError forbidden where an approval can't become a grant. */
export function refuseGrant(approval: Approval): void {
  if (isGrantable(approval)) return;
  const { quorum } = approval.rule as Rule;
  throw new RefusedError(
    "forbidden",
    `Calls of ${approval.tool} (tier ${approval.tier}, quorum ${quorum}) can't be granted ahead`,
  );
}

/**
 * Makes a grant out of an approval that its approver just accepted, in the same transaction. Throws RefusedError
 * forbidden where calls like it can't be granted, invalid for a time or arguments that make no sense.
 */
export async function createGrant(
  tx: Query,
  approval: Approval,
  by: Actor,
  request: GrantRequest,
  now: Date,
): Promise<Grant> {
  refuseGrant(approval);
  if (!(request.expiresInMs > 0 && request.expiresInMs <= MOST_MS))
    throw invalid("/grant/expires_in_seconds", "should be at most 30 days");
  const args = JSON.parse(approval.editedArgs ?? approval.args) as Record<string, unknown>;
  const fixed = request.fixed ?? Object.keys(args);
  const unknown = fixed.find((name) => !Object.hasOwn(args, name));
  if (unknown !== undefined)
    throw invalid("/grant/fixed", `names ${JSON.stringify(unknown)}, which the call does not have`);
  const constraint = Object.fromEntries(fixed.map((name) => [name, args[name]]));
  const scope = request.scope === "session" ? approval.sessionId : approval.place;
  const [grant] = await tx<Grant[]>`
    insert into grants (id, tool, tool_version, "constraint", scope, requester, granted_by, approval_id, created_at, expires_at, uses_left)
    values (${newId("grant")}, ${approval.tool}, ${approval.toolVersion}, ${JSON.stringify(constraint)}::text::jsonb, ${scope},
      ${approval.requester}, ${by}, ${approval.id}, ${now}, ${new Date(now.getTime() + request.expiresInMs)}, ${request.uses ?? null})
    returning *`;
  if (!grant) throw new Error("The grant was not made");
  await writeAudit(tx, {
    action: "grant.created",
    actor: by,
    approvalId: approval.id,
    runId: approval.runId,
    detail: {
      grant: grant.id,
      tool: grant.tool,
      constraint,
      scope,
      expires_at: grant.expiresAt.toISOString(),
      uses: grant.usesLeft,
    },
  });
  return grant;
}

/**
 * Uses up a grant that covers the call, if there is one: atomically, so that "3 uses" are three. Only the exact tool
 * version, requester and place count, and arguments equal as canonical JSON. The caller writes what it was used for.
 */
export async function useGrant(
  tx: Query,
  call: GrantedCall,
  now: Date,
): Promise<Grant | undefined> {
  const candidates = await tx<Grant[]>`
    select * from grants
    where tool = ${call.tool} and tool_version = ${call.toolVersion} and requester = ${call.requester}
      and scope = any(${[call.sessionId, call.place]}) and revoked_at is null and expires_at > ${now}
      and (uses_left is null or uses_left > 0)
    order by uses_left nulls first, expires_at for update`;
  const grant = candidates.find((one) => covers(one.constraint, call.args));
  if (!grant) return undefined;
  const [used] = await tx<Grant[]>`
    update grants set uses_left = uses_left - 1 where id = ${grant.id} returning *`;
  return used;
}

/** Whether every fixed argument is the same, as canonical JSON. */
export function covers(
  constraint: Record<string, unknown>,
  args: Record<string, unknown>,
): boolean {
  return Object.entries(constraint).every(
    ([name, value]) =>
      Object.hasOwn(args, name) && canonicalize(args[name]) === canonicalize(value),
  );
}

/** Grants that are in force for a requester's calls, or that somebody gave. */
export function listGrants(
  sql: Query,
  who: { requester?: Actor; grantedBy?: Actor },
  now: Date,
): Promise<Grant[]> {
  return sql<Grant[]>`
    select * from grants where revoked_at is null and expires_at > ${now} and (uses_left is null or uses_left > 0)
      and (requester = ${who.requester ?? null} or granted_by = ${who.grantedBy ?? null})
    order by id`;
}

/** Ends a grant at once: its giver may, and the one whose calls it lets through. RefusedError not_found. */
export async function revokeGrant(tx: Query, id: string, by: Actor, now: Date): Promise<Grant> {
  const [grant] = await tx<Grant[]>`
    update grants set revoked_at = ${now}, revoked_by = ${by}
    where id = ${id} and revoked_at is null and (granted_by = ${by} or requester = ${by}) returning *`;
  if (!grant) throw new RefusedError("not_found", `There is no grant ${id} of yours`);
  await writeAudit(tx, {
    action: "grant.revoked",
    actor: by,
    approvalId: grant.approvalId,
    detail: { grant: id },
  });
  return grant;
}

function invalid(path: string, message: string): RefusedError {
  return new RefusedError("invalid", `${path} ${message}`, { fields: [{ path, message }] });
}
