import { z } from "zod";
import { messageOf } from "../../errors.ts";
import { compileCheck } from "../../forms/check-args.ts";
import { clean } from "../../text.ts";
import type { Tool } from "../tool.ts";
import { untrustedText } from "./untrusted-text.ts";

const MAX_NAME = 200;
const MAX_DESCRIPTION = 4_000;
const MAX_FIELD_DESCRIPTION = 1_000;
const MAX_SCHEMA = 100_000;

/** A tool as its MCP server describes it, made harmless to read. What it says of itself is a claim. */
export type ListedTool = {
  /** The server's own name for it. */
  name: string;
  description: string;
  parameters: Record<string, unknown>;
  check: Tool["check"];
  /** It says that it destroys. Hints that it is harmless are not even read. */
  destructive: boolean;
  /** It runs only as an MCP task: called, polled, fetched. */
  asTask: boolean;
};

/** A tool that we don't offer, and why, in words for the administrator. */
export type LeftOut = { tool: string; reason: string };

const listed = z.object({
  name: z.string().min(1).max(MAX_NAME),
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  inputSchema: z.record(z.string(), z.unknown()),
  annotations: z.object({ destructiveHint: z.boolean().optional() }).optional().catch(undefined),
  execution: z.object({ taskSupport: z.string().optional() }).optional().catch(undefined),
});

/** Splits what a server listed into tools that can be offered and those that can't. */
export function readListed(given: unknown[]): { tools: ListedTool[]; leftOut: LeftOut[] } {
  const tools = new Map<string, ListedTool>();
  const leftOut: LeftOut[] = [];
  for (const [at, raw] of given.entries()) {
    const parsed = listed.safeParse(raw);
    try {
      if (!parsed.success) throw new Error(faultOf(parsed.error));
      if (tools.has(parsed.data.name)) throw new Error("its server lists two tools of that name");
      tools.set(parsed.data.name, toListed(parsed.data));
    } catch (error) {
      leftOut.push({ tool: nameOf(raw, at), reason: untrustedText(messageOf(error), 300) });
    }
  }
  return { tools: [...tools.values()], leftOut };
}

function toListed(raw: z.infer<typeof listed>): ListedTool {
  const { inputSchema: schema, annotations, execution } = raw;
  if (schema.type !== "object") throw new Error("its schema does not describe an object");
  const size = JSON.stringify(schema).length;
  if (size > MAX_SCHEMA)
    throw new Error(`its schema is ${size} letters long, more than ${MAX_SCHEMA}`);
  const parameters = readable(schema, false) as Record<string, unknown>;
  return {
    name: raw.name,
    description: untrustedText(raw.description || raw.title || "", MAX_DESCRIPTION),
    parameters,
    check: checkOf(parameters),
    destructive: annotations?.destructiveHint === true,
    asTask: execution?.taskSupport === "required",
  };
}

function checkOf(parameters: Record<string, unknown>): Tool["check"] {
  try {
    return compileCheck(parameters);
  } catch (error) {
    throw new Error(`its schema can't be used: ${messageOf(error)}`);
  }
}

/** The schema with its titles and descriptions made harmless. `named` is whether the keys are names of arguments, not keywords. */
function readable(value: unknown, named: boolean): unknown {
  if (Array.isArray(value)) return value.map((inner) => readable(inner, false));
  if (typeof value !== "object" || value === null) return clean(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const isText = !named && ["title", "description", "$comment"].includes(key);
      if (isText && typeof inner === "string")
        return [key, untrustedText(inner, MAX_FIELD_DESCRIPTION)];
      const isData = !named && ["default", "const", "enum", "examples"].includes(key);
      if (isData) return [clean(key), clean(inner)];
      const holdsNames =
        !named && ["properties", "$defs", "definitions", "patternProperties"].includes(key);
      return [clean(key), readable(inner, holdsNames)];
    }),
  );
}

function nameOf(raw: unknown, at: number): string {
  const name = (raw as { name?: unknown } | null)?.name;
  return typeof name === "string" && name !== "" ? untrustedText(name, 80) : `the tool at ${at}`;
}

function faultOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue ? `${issue.path.join(".") || "it"}: ${issue.message}` : "it is malformed";
}
