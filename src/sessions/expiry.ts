import type { Query } from "#db/client.ts";
import type { Session } from "#db/schema/sessions.ts";

export type { Session };

/** The default lifetime of API sessions, seconds, 0 for never: what was set while running, else the configuration's. */
export async function defaultTtl(sql: Query, configured: number): Promise<number> {
  const [row] = await sql<{ value: number }[]>`
    select value from settings where scope = 'default' and key = 'session_ttl_seconds'`;
  return row?.value ?? configured;
}

/** Changes the default while running; null goes back to the configuration's. */
export async function setDefaultTtl(sql: Query, seconds: number | null): Promise<void> {
  if (seconds === null) {
    await sql`delete from settings where scope = 'default' and key = 'session_ttl_seconds'`;
    return;
  }
  await sql`
    insert into settings (scope, key, value) values ('default', 'session_ttl_seconds', ${String(seconds)}::text::json)
    on conflict (scope, key) do update set value = excluded.value, updated_at = now()`;
}

/** When a session ends if nobody uses it; null for never. Chat threads never end unless they were told to. */
export function expiresAt(session: Session, defaultSeconds: number): Date | null {
  const isApi = session.place.startsWith("api:");
  const ttl = session.ttlSeconds ?? (isApi ? defaultSeconds : 0);
  return ttl === 0 ? null : new Date(session.lastActiveAt.getTime() + ttl * 1000);
}
