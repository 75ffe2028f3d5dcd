import { v7 } from "uuid";

/** `ses_`, `run_`, `apr_`, `gnt_`, `mem_` and a uuid v7: one form everywhere, in rows, on the wire and in logs. */
const PREFIXES = {
  session: "ses",
  run: "run",
  approval: "apr",
  grant: "gnt",
  memory: "mem",
} as const;
export type IdKind = keyof typeof PREFIXES;

/** A new id. Ids of one kind sort by the time they were made. */
export function newId(kind: IdKind): string {
  return `${PREFIXES[kind]}_${v7()}`;
}
