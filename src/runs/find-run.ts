import type { Query, Sql } from "#db/client.ts";
import type { Run } from "#db/schema/runs.ts";
import type { Session } from "#db/schema/sessions.ts";
import { RefusedError } from "../errors.ts";
import type { Actor } from "../events.ts";

export type { Session, Sql };
export type OwnedRun = Run & { owner: Actor };

/** A run with its session's owner. RefusedError not_found. */
export async function findRun(sql: Query, id: string): Promise<OwnedRun> {
  const [run] = await sql<OwnedRun[]>`
    select r.*, s.owner from runs r join sessions s on s.id = r.session_id where r.id = ${id}`;
  if (!run) throw new RefusedError("not_found", `There is no run ${id}`);
  return run;
}

/** A session as its owner's client names it: by its own key, or by our id. */
export async function findSessionByKey(
  sql: Query,
  owner: Actor,
  key: string,
): Promise<Session | undefined> {
  const [session] = await sql<Session[]>`
    select * from sessions where owner = ${owner} and (external_key = ${key} or id = ${key})
    order by external_key = ${key} desc nulls last limit 1`;
  return session;
}

/** A run as its session's client names it. */
export async function findRunByKey(
  sql: Query,
  sessionId: string,
  key: string,
): Promise<Run | undefined> {
  const [run] = await sql<Run[]>`
    select * from runs where session_id = ${sessionId} and (external_key = ${key} or id = ${key})
    order by external_key = ${key} desc nulls last limit 1`;
  return run;
}

/** A session's runs, the newest first; `after` is the id of the last one of the page before. */
export function listRuns(
  sql: Query,
  sessionId: string,
  after: string | undefined,
  limit: number,
): Promise<Run[]> {
  return sql<Run[]>`
    select * from runs where session_id = ${sessionId}
      ${after === undefined ? sql`` : sql`and position < (select position from runs where id = ${after})`}
    order by position desc limit ${limit}`;
}
