import type { Query } from "#db/client.ts";
import type { Session, SessionSettings } from "#db/schema/sessions.ts";
import { RefusedError } from "../errors.ts";
import { clean } from "../text.ts";

export type SessionChange = {
  title?: string;
  /** Opens a closed session again. */
  reopen?: boolean;
  /** Seconds, 0 for never, null for the default. */
  ttlSeconds?: number | null;
  /** Only the named ones change; null goes back to the default. */
  settings?: { [K in keyof SessionSettings]: SessionSettings[K] | null };
};

/** Changes a session while it is used. A new lifetime counts from now. RefusedError not_found. */
export async function changeSession(
  sql: Query,
  id: string,
  change: SessionChange,
): Promise<Session> {
  const { title, reopen, ttlSeconds, settings } = change;
  const touched = ttlSeconds !== undefined || reopen === true;
  const [session] = await sql<Session[]>`
    update sessions set
      title = ${title === undefined ? sql`title` : clean(title)},
      status = ${reopen ? "open" : sql`status`}, closed_at = ${reopen ? null : sql`closed_at`},
      ttl_seconds = ${ttlSeconds === undefined ? sql`ttl_seconds` : ttlSeconds},
      settings = jsonb_strip_nulls(settings || ${JSON.stringify(clean(settings ?? {}))}::text::jsonb),
      last_active_at = ${touched ? sql`now()` : sql`last_active_at`}
    where id = ${id} returning *`;
  if (!session) throw new RefusedError("not_found", `There is no session ${id}`);
  return session;
}
