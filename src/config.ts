import { resolve } from "node:path";
import { config as loadDotenv } from "dotenv";
import { z } from "zod";
import {
  type FaultsOf,
  type FileConfig,
  fileSchema,
  parseConfigFile,
  readConfigFile,
} from "./config-file.ts";
import { ConfigError } from "./errors.ts";
import { LANGUAGES } from "./events.ts";

const port = z.coerce.number().int().min(0).max(65_535);
const seconds = z.coerce.number().positive();
const count = z.coerce.number().int().positive();
const secret = z.string().min(1);
const apiKey = z
  .string()
  .regex(
    /^[A-Za-z0-9._-]+:[a-z:+]+:[0-9a-f]{64}$/,
    "should be name:scope+scope:sha256hex; `npm run api-key` makes one",
  )
  .transform((text) => {
    const [name = "", ...rest] = text.split(":");
    const hash = rest.pop() ?? "";
    return { name, scopes: rest.join(":").split("+"), hash };
  })
  .refine(({ name }) => name !== "local", '"local" is what callers without a key are called');

const envSchema = z.object({
  PORT: port.default(8001),
  HOST: z.string().default("127.0.0.1"),
  HEALTH_PORT: port.default(8002),
  PUBLIC_URL: z.url().optional(),
  DATA_DIR: z.string().default(".data"),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  API_KEYS: z
    .string()
    .transform((text) =>
      text
        .split(",")
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .pipe(z.array(apiKey))
    .default([]),
  ENCRYPTION_KEY: secret.optional(),
  MODEL: z.string().optional(),
  OPENAI_API_KEY: secret.optional(),
  OPENAI_BASE_URL: z.url().optional(),
  DASHSCOPE_API_KEY: secret.optional(),
  DASHSCOPE_BASE_URL: z.url().default("https://dashscope.aliyuncs.com/compatible-mode/v1"),
  OLLAMA_BASE_URL: z.url().optional(),
  MODEL_TIMEOUT_SECONDS: seconds.default(30),
  MAX_STEPS: count.default(100),
  EMBEDDING_MODEL: z.string().optional(),
  SESSION_TTL_SECONDS: z.coerce.number().int().min(0).default(3600),
  HISTORY_MAX_TOKENS: count.optional(),
  HISTORY_MAX_MESSAGES: count.default(20),
  LANGUAGE: z.enum(LANGUAGES).default("en"),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  LOG_FILE: z.string().optional(),
  WORKER_CONCURRENCY: count.default(20),
  COUNTERSIGN_CONFIG: z.string().optional(),
});

export type Config = z.infer<typeof envSchema> & {
  /** What COUNTERSIGN_CONFIG holds; the defaults where it is not set. */
  file: FileConfig;
  /** Checks the text of the same file, or of another that is named, as the start did. */
  parseFile(text: string, name?: string): FileConfig;
};
export type ApiKey = Config["API_KEYS"][number];

/** Names whose values are never printed. Not HISTORY_MAX_TOKENS. */
const SECRETS = /(?:KEYS?|TOKEN|SECRET|PASSWORD)$|^(?:DATABASE|REDIS)_URL$/;

/**
 * Reads the whole configuration, once: the environment, `.env` beneath it, and COUNTERSIGN_CONFIG.
 * Throws ConfigError naming each variable that is wrong, what it holds (never a secret's value) and what it should hold.
 */
export function readConfig(
  env: Record<string, string | undefined> = withDotenv(),
  faultsOf?: FaultsOf,
): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = envSchema.safeParse(given);
  if (!parsed.success) {
    const words = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      const value = given[name] ?? "";
      // An @ may stand after a password, in an address that is too broken to tell.
      const hidden = SECRETS.test(name) || value.includes("@");
      const held = hidden ? "a value that is not shown" : JSON.stringify(given[name]);
      return `${name} holds ${held}: ${issue.message}`;
    });
    throw new ConfigError(words.join("\n"));
  }
  const path = parsed.data.COUNTERSIGN_CONFIG;
  return {
    ...parsed.data,
    DATA_DIR: resolve(parsed.data.DATA_DIR),
    file: path === undefined ? fileSchema.parse({}) : readConfigFile(path, given, faultsOf),
    parseFile: (text, name = path ?? "(no file)") => parseConfigFile(text, name, given, faultsOf),
  };
}

function withDotenv(): Record<string, string | undefined> {
  loadDotenv({ quiet: true });
  return process.env;
}
