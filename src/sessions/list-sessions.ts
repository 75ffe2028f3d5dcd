import type { Query } from "#db/client.ts";
import type { Session } from "#db/schema/sessions.ts";
import type { Actor } from "../events.ts";

export type SessionFilter = {
  owner: Actor;
  status?: "open" | "closed";
  after?: string;
  limit: number;
};

/** An owner's sessions, the latest active first; `after` is the id of the last one of the page before. */
export function listSessions(sql: Query, filter: SessionFilter): Promise<Session[]> {
  const { owner, status, after, limit } = filter;
  return sql<Session[]>`
    select * from sessions
    where owner = ${owner}
      ${status === undefined ? sql`` : sql`and status = ${status}`}
      ${after === undefined ? sql`` : sql`and (last_active_at, id) < (select last_active_at, id from sessions where id = ${after})`}
    order by last_active_at desc, id desc limit ${limit}`;
}

/** The open session that its owner used last, where login opens. */
export async function latestSession(sql: Query, owner: Actor): Promise<Session | undefined> {
  const [session] = await listSessions(sql, { owner, status: "open", limit: 1 });
  return session;
}

/** Whether anything is known of this owner. */
export async function isKnownOwner(sql: Query, owner: Actor): Promise<boolean> {
  const rows = await sql`select 1 from sessions where owner = ${owner} limit 1`;
  return rows.length > 0;
}

/** Open sessions of all owners whose actor begins with `prefix`, for the system's overview. */
export function openSessions(
  sql: Query,
  prefix: string,
): Promise<Pick<Session, "id" | "owner" | "externalKey">[]> {
  return sql<Pick<Session, "id" | "owner" | "externalKey">[]>`
    select id, owner, external_key from sessions
    where status = 'open' and starts_with(owner, ${prefix}) order by owner, last_active_at desc`;
}
