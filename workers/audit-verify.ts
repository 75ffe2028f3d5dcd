import { verifyAudit } from "../src/approvals/audit-verify.ts";
import { openDatabaseOf } from "./open-database.ts";
import { runCommand } from "./run-command.ts";

/** `npm run audit:verify`: reads the whole audit and says whether it was tampered with. Exit code 1 if so. */
await runCommand("audit-verify", async (config, log) => {
  await using database = await openDatabaseOf(config, log, "audit-verify");
  const { rows, erased, faults } = await verifyAudit(database.sql);
  for (const { id, fault } of faults) process.stdout.write(`row ${id}: ${fault}\n`);
  process.stdout.write(`${rows} rows, ${erased} with erased words, ${faults.length} faults\n`);
  return faults.length === 0;
});
