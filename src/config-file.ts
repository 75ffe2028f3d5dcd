import { readFileSync } from "node:fs";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { ConfigError, messageOf } from "./errors.ts";
import { TIERS, WHILE_RUNNING, WHILE_WAITING } from "./events.ts";

const gateway = z.strictObject({
  base_url: z.url(),
  api_key: z.string().optional(),
  headers: z.record(z.string(), z.string()).default({}),
  /** Models that it serves, for `doctor` and for people; any name is passed on. */
  models: z.array(z.string()).default([]),
});

const origins = {
  tier: z.enum(TIERS).exclude(["free"]).optional(),
  /** Tools of this server that run without being asked for; everything else is `ask`. */
  free: z.array(z.string()).default([]),
  idempotent: z.array(z.string()).default([]),
  timeout_seconds: z.number().positive().max(3600).default(60),
};

const mcpServer = z.discriminatedUnion("transport", [
  z.strictObject({
    transport: z.literal("stdio"),
    command: z.string().min(1),
    args: z.array(z.string()).default([]),
    env: z.record(z.string(), z.string()).default({}),
    cwd: z.string().optional(),
    ...origins,
  }),
  z.strictObject({
    transport: z.enum(["http", "sse"]),
    url: z.string().min(1),
    headers: z.record(z.string(), z.string()).default({}),
    /** Lets this exact origin be a private, loopback or link-local address. */
    allow_private: z.boolean().default(false),
    ...origins,
  }),
]);

const toolEntry = z.strictObject({
  tier: z.enum(TIERS).optional(),
  idempotent: z.boolean().optional(),
  enabled: z.boolean().default(true),
  timeout_seconds: z.number().positive().max(3600).optional(),
});

const channel = z.strictObject({
  model: z.string().optional(),
  system_prompt: z.string().optional(),
  language: z.enum(["en", "zh"]).optional(),
  while_running: z.enum(WHILE_RUNNING).optional(),
  while_waiting: z.enum(WHILE_WAITING).optional(),
});

/** What `COUNTERSIGN_CONFIG` may hold. `${NAME}` in any string is read from the environment. */
export const fileSchema = z.strictObject({
  gateways: z.record(z.string().regex(/^[a-z][a-z0-9_-]*$/), gateway).default({}),
  models: z.record(z.string(), z.string()).default({}),
  tools: z.record(z.string(), toolEntry).default({}),
  mcp: z.record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]*$/), mcpServer).default({}),
  channels: z.record(z.string(), channel).default({}),
});

export type FileConfig = z.infer<typeof fileSchema>;
export type GatewayConfig = z.infer<typeof gateway>;
export type McpServerConfig = z.infer<typeof mcpServer>;
export type ToolEntry = z.infer<typeof toolEntry>;

/** Reads and checks the file. Errors name the file, the line, the path and what should stand there. */
export function readConfigFile(path: string, env: Record<string, string | undefined>): FileConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(
      `COUNTERSIGN_CONFIG names ${path}, which can't be read: ${messageOf(error)}`,
    );
  }
  return parseConfigFile(text, path, env);
}

/** The same on text that has been read. An empty file is an error: it would quietly mean "no rules". */
export function parseConfigFile(
  text: string,
  path: string,
  env: Record<string, string | undefined>,
): FileConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const fault = document.errors[0];
  if (fault) throw new ConfigError(`${path}:${lines.linePos(fault.pos[0]).line}: ${fault.message}`);
  if (document.contents === null) throw new ConfigError(`${path} is empty`);
  const parsed = fileSchema.safeParse(fillIn(document.toJS(), env, path));
  if (parsed.success) return parsed.data;
  const words = parsed.error.issues.map((issue) => {
    const node = document.getIn(issue.path, true) as
      | { range?: [number, number, number] }
      | undefined;
    const line = node?.range ? `:${lines.linePos(node.range[0]).line}` : "";
    return `${path}${line}: ${issue.path.join(".") || "(the file)"}: ${issue.message}`;
  });
  throw new ConfigError(words.join("\n"));
}

function fillIn(value: unknown, env: Record<string, string | undefined>, path: string): unknown {
  if (typeof value === "string")
    return value.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
      const found = env[name];
      if (found === undefined) throw new ConfigError(`${path} uses \${${name}}, which is not set`);
      return found;
    });
  if (Array.isArray(value)) return value.map((inner) => fillIn(inner, env, path));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, fillIn(inner, env, path)]),
    );
  return value;
}
