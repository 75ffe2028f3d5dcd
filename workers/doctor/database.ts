import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase, type Sql } from "#db/client.ts";
import type { Check, Finding } from "./check.ts";

/** The oldest version that the service was run on. */
const OLDEST = 15;

const WORDS = {
  en: {
    at: (version: string, where: string) => `PostgreSQL ${version}, ${where}`,
    embedded: (folder: string) => `embedded in ${folder}`,
    old: `update it to ${OLDEST} or newer`,
    migrated: (count: number) => `schema up to date (${count} migrations)`,
    pending: (done: number, all: number) =>
      `${done} of ${all} migrations applied; the next start applies the rest`,
    ahead: (done: number, all: number) => `${done} migrations applied, this version knows ${all}`,
    update: "a newer version has used this database: update this one",
    away: (why: string) => `can't be reached: ${why}`,
    check: "check DATABASE_URL and that the server runs, or unset it for the embedded one",
  },
  zh: {
    at: (version: string, where: string) => `PostgreSQL ${version}，${where}`,
    embedded: (folder: string) => `内嵌，位于 ${folder}`,
    old: `请升级到 ${OLDEST} 或更新版本`,
    migrated: (count: number) => `表结构已是最新（${count} 个迁移）`,
    pending: (done: number, all: number) =>
      `已执行 ${all} 个迁移中的 ${done} 个，其余将在下次启动时执行`,
    ahead: (done: number, all: number) => `数据库已执行 ${done} 个迁移，当前版本只有 ${all} 个`,
    update: "该数据库被更新的版本使用过：请升级当前版本",
    away: (why: string) => `无法连接：${why}`,
    check: "请检查 DATABASE_URL 以及服务器是否在运行；也可以不设置它而使用内嵌数据库",
  },
} as const;

/** Whether the database is there, new enough and of this version's schema. The embedded one is started for it. */
export const database: Check = {
  name: { en: "Database", zh: "数据库" },
  async run({ config: { DATABASE_URL, DATA_DIR, LANGUAGE } }) {
    const words = WORDS[LANGUAGE];
    if (DATABASE_URL !== undefined) {
      try {
        return await examine(DATABASE_URL, URL.parse(DATABASE_URL)?.host ?? "", words);
      } catch (error) {
        return [{ state: "failed", text: words.away(wordsOf(error)), fix: words.check }];
      }
    }
    const { startEmbeddedPostgres } = await import("#db/embedded.ts");
    await using embedded = await startEmbeddedPostgres({ dataDir: join(DATA_DIR, "postgres") });
    return await examine(embedded.url, words.embedded(DATA_DIR), words);
  },
};

async function examine(
  url: string,
  where: string,
  words: (typeof WORDS)["en" | "zh"],
): Promise<Finding[]> {
  const sql = openDatabase(url, { name: "countersign-doctor", max: 1 });
  try {
    const [server] = await sql<{ number: number; version: string }[]>`
      select current_setting('server_version_num')::int as number, split_part(current_setting('server_version'), ' ', 1) as version`;
    const text = words.at(server?.version ?? "", where);
    const isOld = (server?.number ?? 0) < OLDEST * 10_000;
    return [
      isOld ? { state: "warning", text, fix: words.old } : { state: "ok", text },
      await examineSchema(sql, words),
    ];
  } finally {
    await sql.end({ timeout: 2 });
  }
}

async function examineSchema(sql: Sql, words: (typeof WORDS)["en" | "zh"]): Promise<Finding> {
  const file = join(import.meta.dirname, "../../db/migrations/meta/_journal.json");
  const all = (JSON.parse(readFileSync(file, "utf8")) as { entries: unknown[] }).entries.length;
  const [table] = await sql`select to_regclass('drizzle.__drizzle_migrations') as there`;
  const [row] = table?.there
    ? await sql<{ done: number }[]>`select count(*)::int as done from drizzle.__drizzle_migrations`
    : [];
  const done = row?.done ?? 0;
  if (done > all) return { state: "warning", text: words.ahead(done, all), fix: words.update };
  return { state: "ok", text: done === all ? words.migrated(all) : words.pending(done, all) };
}

/** Where several addresses were tried, the error itself has no words. */
function wordsOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
}
