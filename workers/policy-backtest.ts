import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { backtestWords } from "../src/approvals/backtest-words.ts";
import { compilePolicy } from "../src/approvals/compile-policy.ts";
import { QUICK_MS, runBacktest } from "../src/approvals/run-backtest.ts";
import { ConfigError } from "../src/errors.ts";
import { openDatabaseOf } from "./open-database.ts";
import { runCommand } from "./run-command.ts";

/**
 * `npm run policy:backtest -- new.yaml`: what the policies of a file would have made of everything that was asked
 * about so far. Exit code 1 where they would have run what people rejected.
 */
await runCommand("policy-backtest", async (config, log) => {
  const path = parseArgs({ allowPositionals: true }).positionals[0];
  if (path === undefined)
    throw new ConfigError("name the file: npm run policy:backtest -- new.yaml");
  const { policies } = config.parseFile(readFileSync(path, "utf8"), path);
  await using database = await openDatabaseOf(config, log, "policy-backtest");
  const { test, speeds, erased } = await runBacktest(
    database.sql,
    policies && compilePolicy(policies),
  );
  const words = backtestWords(test, speeds, { erased, quickMs: QUICK_MS });
  process.stdout.write(`${words.join("\n")}\n`);
  return test.missed.length === 0;
});
