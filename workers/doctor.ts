import http from "node:http";
import { parseArgs } from "node:util";
import { policyFaults } from "../src/approvals/compile-policy.ts";
import { type Config, readConfig } from "../src/config.ts";
import { ConfigError, messageOf } from "../src/errors.ts";
import { redact } from "../src/redact.ts";
import { access } from "./doctor/access.ts";
import type { Check } from "./doctor/check.ts";
import { database } from "./doctor/database.ts";
import { discord } from "./doctor/discord.ts";
import { mcp } from "./doctor/mcp.ts";
import { model } from "./doctor/model.ts";
import { policies } from "./doctor/policies.ts";
import { redis } from "./doctor/redis.ts";
import { linesOf, report } from "./doctor/report.ts";
import { runtime } from "./doctor/runtime.ts";
import { slack } from "./doctor/slack.ts";
import { secretsOf } from "./process.ts";

/** In the order in which they are shown. A further one is a file in doctor/ and its line here. */
const CHECKS: Check[] = [runtime, access, database, redis, model, mcp, policies, slack, discord];

const USAGE = `npm run doctor [-- --ask]
  --ask  asks every configured model one tiny question, which may cost a fraction of a cent
`;

const write = (line: string) => process.stdout.write(`${line}\n`);

/** Says of everything that is configured whether it works, and what to do where it does not. Exit code 1: something failed. */
async function main(): Promise<number> {
  let ask: boolean;
  try {
    ({ ask } = parseArgs({ options: { ask: { type: "boolean", default: false } } }).values);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${USAGE}`);
    return 2;
  }
  let config: Config;
  try {
    http.setGlobalProxyFromEnv(); // as every process does
    config = readConfig(undefined, policyFaults);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // LANGUAGE may be what is wrong: both.
    const finding = { state: "failed" as const, text: error.message };
    for (const line of linesOf("Configuration / 配置", finding, "en")) write(redact(line));
    return 1;
  }
  const secrets = secretsOf(config);
  const failed = await report(CHECKS, { config, ask }, write, (text) => redact(text, secrets));
  return failed > 0 ? 1 : 0;
}

process.stdout.on("error", () => {}); // the reader of a pipe has gone; what is open is still to be closed
process.exitCode = await main();
