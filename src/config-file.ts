import { readFileSync } from "node:fs";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from "yaml";
import { z } from "zod";
import { ConfigError, messageOf } from "./errors.ts";
import { TIERS, WHILE_RUNNING, WHILE_WAITING } from "./events.ts";
import { policySchema } from "./policy-schema.ts";

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
    url: z.url({ protocol: /^https?$/, error: "should be an http or https URL" }),
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
  /** Absent: the built-in rules. */
  policies: policySchema.optional(),
});

export type FileConfig = z.infer<typeof fileSchema>;
export type McpServerConfig = z.infer<typeof mcpServer>;
export type ToolEntry = z.infer<typeof toolEntry>;

/** What is wrong with a value, and where it stands in the file. */
export type Fault = { path: PropertyKey[]; message: string };

/** What a schema can't tell: whether conditions can be read, whether groups exist. Handed in. */
export type FaultsOf = (file: FileConfig) => Fault[];

/** Reads and checks the file. Errors name the file, the line, the path and what should stand there. */
export function readConfigFile(
  path: string,
  env: Record<string, string | undefined>,
  faultsOf?: FaultsOf,
): FileConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(
      `COUNTERSIGN_CONFIG names ${path}, which can't be read: ${messageOf(error)}`,
    );
  }
  return parseConfigFile(text, path, env, faultsOf);
}

/** The same on text that has been read. An empty file is an error: it would quietly mean "no rules". */
export function parseConfigFile(
  text: string,
  path: string,
  env: Record<string, string | undefined>,
  faultsOf: FaultsOf = () => [],
): FileConfig {
  const lines = new LineCounter();
  // Not prettyErrors: they quote the file, and with it a secret that somebody wrote there.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number | undefined) =>
    offset === undefined ? path : `${path}:${lines.linePos(offset).line}`;
  const fault = document.errors[0];
  if (fault) throw new ConfigError(`${at(fault.pos[0])}: ${fault.message}`);
  if (document.contents === null) throw new ConfigError(`${path} is empty`);
  fillIn(document, env, at);
  const parsed = fileSchema.safeParse(plain(document, path));
  const say = ({ path, message }: Fault, extra: string[] = []) =>
    `${at(offsetOf(document, [...path, ...extra]))}: ${path.join(".") || "(the file)"}: ${message}`;
  const words = parsed.success
    ? faultsOf(parsed.data).map((found) => say(found))
    : parsed.error.issues.map((issue) =>
        say(issue, issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : []),
      );
  if (!parsed.success || words.length > 0) throw new ConfigError(words.join("\n"));
  return parsed.data;
}

/** Puts the environment's values where `${NAME}` stands, in values only. */
function fillIn(
  document: Document,
  env: Record<string, string | undefined>,
  at: (offset: number | undefined) => string,
): void {
  visit(document, {
    Scalar(where, node) {
      if (where === "key" || typeof node.value !== "string") return;
      node.value = node.value.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
        const found = env[name];
        if (found !== undefined) return found;
        throw new ConfigError(`${at(node.range?.[0])}: \${${name}} is used, which is not set`);
      });
    },
  });
}

function plain(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new ConfigError(`${path}: ${messageOf(error)}`); // an alias without an anchor, or far too many
  }
}

/** Where the key at the end of a path stands in the text, or as much of the path as there is. */
function offsetOf(document: Document, path: PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node)) {
      node = node.items[Number(part)];
      if (isScalar(node) || isMap(node)) offset = node.range?.[0] ?? offset;
    } else if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(part),
      );
      if (!pair) return offset;
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    }
  }
  return offset;
}
