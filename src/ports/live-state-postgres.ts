import type { Sql } from "postgres";
import { clean } from "../text.ts";
import { within } from "./deadline.ts";
import type { LiveState } from "./live-state.ts";

const SWEEP_MS = 60_000;

export function openPostgresState(sql: Sql<{ bigint: number }>): LiveState {
  const end = (ttlMs: number) => sql`now() + ${ttlMs} * interval '1 millisecond'`;
  // Any number of processes sweep the same table; a sweep that fails is done by the next one.
  const sweeper = setInterval(() => void sweep(sql).catch(() => {}), SWEEP_MS).unref();
  return {
    async get<T>(key: string) {
      const [row] = await sql`
        select value from state where key = ${clean(key)} and expires_at > now()`;
      return row && (JSON.parse(row.value) as T);
    },
    async set(key, value, ttlMs) {
      await sql`
        insert into state (key, value, expires_at)
        values (${clean(key)}, ${JSON.stringify(value)}, ${end(ttlMs)})
        on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at`;
    },
    async delete(key) {
      await sql`delete from state where key = ${clean(key)}`;
    },
    async add(key, value, ttlMs) {
      const claimed = await sql`
        insert into state (key, value, expires_at)
        values (${clean(key)}, ${JSON.stringify(value)}, ${end(ttlMs)})
        on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at
        where state.expires_at <= now()`;
      return claimed.count === 1;
    },
    async touchIf(key, value, ttlMs) {
      const touched = await sql`
        update state set expires_at = ${end(ttlMs)}
        where key = ${clean(key)} and value = ${JSON.stringify(value)} and expires_at > now()`;
      return touched.count === 1;
    },
    async deleteIf(key, value) {
      const deleted = await sql`
        delete from state
        where key = ${clean(key)} and value = ${JSON.stringify(value)} and expires_at > now()`;
      return deleted.count === 1;
    },
    async ping() {
      await within(2000, "PostgreSQL", sql`select 1`);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sweeper);
    },
  };
}

async function sweep(sql: Sql<{ bigint: number }>): Promise<void> {
  await sql`
    delete from state where key in (
      select key from state where expires_at <= now() limit 1000 for update skip locked)`;
}
