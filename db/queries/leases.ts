import type { Query } from "../client.ts";

/**
 * Takes the lease `name` for `ttlMs`, unless somebody holds it: also not a second time for the same holder.
 * Gives its fence, which is larger than any before it for this name, or undefined where it is held.
 * `clock_timestamp()`, since the statement may have waited for another's: `now()` would be older than its wait.
 */
export async function acquireLease(
  sql: Query,
  name: string,
  holder: string,
  ttlMs: number,
): Promise<number | undefined> {
  const [lease] = await sql<{ fence: number }[]>`
    insert into leases (name, holder, fence, expires_at)
    values (${name}, ${holder}, 1, clock_timestamp() + ${ttlMs} * interval '1 millisecond')
    on conflict (name) do update set
      holder = excluded.holder,
      fence = leases.fence + 1,
      expires_at = clock_timestamp() + ${ttlMs} * interval '1 millisecond'
    where leases.expires_at <= clock_timestamp()
    returning fence`;
  return lease?.fence;
}

/** Holds it for `ttlMs` from now. False: it ran out or was released, so another may hold it. */
export async function renewLease(
  sql: Query,
  name: string,
  holder: string,
  fence: number,
  ttlMs: number,
): Promise<boolean> {
  const renewed = await sql`
    update leases set expires_at = clock_timestamp() + ${ttlMs} * interval '1 millisecond'
    where name = ${name} and holder = ${holder} and fence = ${fence}
      and expires_at > clock_timestamp()`;
  return renewed.count === 1;
}

/** Lets it go at once. The row stays, so that the fence keeps growing. Nothing happens where it was lost before. */
export async function releaseLease(sql: Query, name: string, fence: number): Promise<void> {
  await sql`
    update leases set expires_at = clock_timestamp()
    where name = ${name} and fence = ${fence} and expires_at > clock_timestamp()`;
}
