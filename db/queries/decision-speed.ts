import type { Query } from "../client.ts";

/** How often somebody decided, and how often faster than the call can have been read. */
export type DecisionSpeed = { actor: string; decisions: number; quick: number };

/** Per person, votes of a quorum included; the fastest first. `quickMs` after the request is not quick any more. */
export function decisionSpeed(sql: Query, quickMs: number): Promise<DecisionSpeed[]> {
  return sql<DecisionSpeed[]>`
    select actor, count(*)::int as decisions,
      (count(*) filter (where took < ${quickMs} * interval '1 millisecond'))::int as quick
    from (
      select v.actor, v.at - a.requested_at as took
      from approval_votes v join approvals a on a.id = v.approval_id
      union all
      select a.decided_by, a.decided_at - a.requested_at from approvals a
      where a.status in ('accepted', 'edited', 'responded', 'rejected') and a.decided_by is not null
        and not exists (select from approval_votes v where v.approval_id = a.id and v.actor = a.decided_by)
    ) as decided
    group by actor order by quick desc, decisions desc, actor`;
}
