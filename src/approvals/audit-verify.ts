import type { Sql } from "#db/client.ts";
import {
  commit,
  committedDetail,
  detailSubject,
  GENESIS,
  hashOf,
  personSubject,
} from "#db/queries/audit.ts";
import type { AuditRow } from "#db/schema/audit.ts";

type AuditFault = { id: number; fault: string };
export type AuditReport = { rows: number; erased: number; faults: AuditFault[] };

const PAGE = 1_000;
const MOST_FAULTS = 100;

/**
 * Reads the whole audit and says where it was tampered with: a removed, added, moved or changed row breaks the chain;
 * clear text that was changed breaks its commitment. Erased text (no key any more) is counted and is no fault.
 */
export async function verifyAudit(sql: Sql): Promise<AuditReport> {
  const faults: AuditFault[] = [];
  let [rows, erased, prevHash, after] = [0, 0, GENESIS, 0];
  for (;;) {
    const page = await sql<
      AuditRow[]
    >`select * from audit where id > ${after} order by id limit ${PAGE}`;
    const keys = await keysOf(sql, page);
    for (const row of page) {
      rows++;
      if (row.id !== after + 1) faults.push({ id: row.id, fault: `row ${after + 1} is missing` });
      if (row.prevHash !== prevHash)
        faults.push({ id: row.id, fault: "does not follow the row before it" });
      if (hashOf(row) !== row.hash)
        faults.push({ id: row.id, fault: "was changed: its hash does not match" });
      const words = faultOfWords(row, keys);
      if (words === "erased") erased++;
      else if (words) faults.push({ id: row.id, fault: words });
      prevHash = row.hash;
      after = row.id;
      if (faults.length >= MOST_FAULTS) return { rows, erased, faults };
    }
    if (page.length < PAGE) break;
  }
  const [head] = await sql<
    { rows: number; hash: string }[]
  >`select rows, hash from audit_head where id = 1`;
  if (head && (head.rows !== after || head.hash !== prevHash))
    faults.push({ id: after, fault: `the newest rows are missing: there were ${head.rows}` });
  if (!head && rows > 0) faults.push({ id: after, fault: "the end of the chain is missing" });
  return { rows, erased, faults };
}

async function keysOf(sql: Sql, page: AuditRow[]): Promise<Map<string, string>> {
  const subjects = page.flatMap((row) => [
    ...(row.actor === null ? [] : [personSubject(row.actor)]),
    detailSubject(row.approvalId, row.runId, row.at),
  ]);
  const rows = await sql<{ subject: string; key: string }[]>`
    select subject, key from audit_keys where subject = any(${[...new Set(subjects)]})`;
  return new Map(rows.map((row) => [row.subject, row.key]));
}

function faultOfWords(row: AuditRow, keys: Map<string, string>): string | undefined {
  let erased = row.actorCommit !== null && row.actor === null;
  if (row.actor !== null) {
    const key = keys.get(personSubject(row.actor));
    if (row.actorCommit === null) return "names a person whom it did not name";
    if (key === undefined) erased = true;
    else if (commit(key, row.actor) !== row.actorCommit) return "names another person than it did";
  }
  if (row.detail === null) return "erased";
  const key = keys.get(detailSubject(row.approvalId, row.runId, row.at));
  if (key === undefined) return "erased";
  if (commit(key, committedDetail(row.digest, row.detail)) !== row.detailCommit)
    return "its words were changed";
  return erased ? "erased" : undefined;
}
