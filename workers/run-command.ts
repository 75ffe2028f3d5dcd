import { policyFaults } from "../src/approvals/compile-policy.ts";
import { type Config, readConfig } from "../src/config.ts";
import { messageOf } from "../src/errors.ts";
import { type Log, openLog } from "../src/log.ts";

/** Runs a command that ends by itself; its answer is the exit code. A fault is printed in words. */
export async function runCommand(
  name: string,
  run: (config: Config, log: Log) => Promise<boolean>,
): Promise<void> {
  try {
    const config = readConfig(undefined, policyFaults);
    const log = openLog({ level: "error", name, secrets: [] });
    process.exitCode = (await run(config, log)) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${name}: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
