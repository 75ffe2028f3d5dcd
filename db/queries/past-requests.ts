import type { ApprovalStatus, Tier } from "../../src/events.ts";
import type { Query } from "../client.ts";

/** A call that was asked about, as it was, and what people made of it. */
export type PastRequest = {
  id: string;
  tool: string;
  /** `own` or `mcp:<server>`, its own tier, whether its server calls it destructive: null where not written down. */
  source: string | null;
  toolTier: Tier | null;
  destructive: boolean | null;
  /** The tier that it was treated as. */
  tier: Tier;
  /** Canonical JSON. */
  args: string;
  requester: string;
  place: string;
  taint: string[];
  status: ApprovalStatus;
  requestedAt: Date;
};

const PAGE = 1_000;

/** Every call that was asked about and is still there, the oldest first, in pages. */
export async function* pastRequests(sql: Query): AsyncGenerator<PastRequest[]> {
  let after = "";
  for (;;) {
    const page = await sql<PastRequest[]>`
      select a.id, a.tool, a.tier, a.args, a.requester, a.place, a.taint, a.status, a.requested_at,
        r.detail->>'source' as source, r.detail->>'tool_tier' as tool_tier,
        (r.detail->>'destructive')::boolean as destructive
      from approvals a left join audit r on r.approval_id = a.id and r.action = 'approval.requested'
      where a.kind = 'tool_call' and a.id > ${after} order by a.id limit ${PAGE}`;
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.id ?? after;
  }
}

/** How many requests the audit tells of whose calls were erased since. */
export async function erasedRequests(sql: Query): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from audit r
    where r.action = 'approval.requested' and not exists (select from approvals a where a.id = r.approval_id)`;
  return row?.count ?? 0;
}
