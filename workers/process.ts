import { EventEmitter } from "node:events";
import http from "node:http";
import { policyFaults } from "../src/approvals/compile-policy.ts";
import { type Config, readConfig } from "../src/config.ts";
import { ConfigError, messageOf } from "../src/errors.ts";
import { type Log, openLog } from "../src/log.ts";

/** What a process does: starts, says that it is ready, and gives what is to be disposed of at its end. */
export type Start = (config: Config, log: Log) => Promise<AsyncDisposable>;

/** How long an ending may take before the process leaves without it; all of it is recovered by others. */
const END_MS = 25_000;

/**
 * The one place where a process begins and ends: configuration, log, SIGTERM and SIGINT (a second one leaves at once),
 * and whatever nobody caught. What is wrong with the configuration is printed without a stack, exit code 1.
 */
export async function runProcess(name: string, start: Start): Promise<void> {
  EventEmitter.defaultMaxListeners = 100; // a run's abort signal is listened to by each call under it
  let log: Log | undefined;
  try {
    http.setGlobalProxyFromEnv(); // HTTPS_PROXY, NO_PROXY
    const config = readConfig(undefined, policyFaults);
    log = openLog({
      level: config.LOG_LEVEL,
      file: config.LOG_FILE,
      name,
      secrets: secretsOf(config),
    });
    const running = await start(config, log);
    endOnSignal(running, log);
  } catch (error) {
    if (error instanceof ConfigError || !log)
      process.stderr.write(`countersign: ${messageOf(error)}\n`);
    else log.fatal({ error }, "the process could not start");
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 500).unref();
  }
}

function endOnSignal(running: AsyncDisposable, log: Log): void {
  let ending = false;
  const end = (why: string, code: number) => {
    if (ending) process.exit(code);
    ending = true;
    log.info({ why }, "ending");
    setTimeout(() => {
      log.error("the end took too long; leaving the rest to others");
      process.exit(1);
    }, END_MS).unref();
    running[Symbol.asyncDispose]().then(
      () => process.exit(code),
      (error) => {
        log.error({ error }, "the end failed");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", () => end("SIGTERM", 0));
  process.on("SIGINT", () => end("SIGINT", 0));
  process.on("uncaughtException", (error) => {
    log.fatal({ error }, "nobody caught this");
    end("a fault", 1);
  });
  process.on("unhandledRejection", (error) => {
    log.error({ error }, "nobody waited for this rejection");
  });
}

/** Values that are never printed or logged. */
export function secretsOf(config: Config): string[] {
  const { OPENAI_API_KEY, DASHSCOPE_API_KEY, ENCRYPTION_KEY, DATABASE_URL, REDIS_URL, file } =
    config;
  const given = [OPENAI_API_KEY, DASHSCOPE_API_KEY, ENCRYPTION_KEY, DATABASE_URL, REDIS_URL];
  const gateways = Object.values(file.gateways).map((gateway) => gateway.api_key);
  return [...given, ...gateways].filter((secret) => secret !== undefined);
}
