import { z } from "zod";
import { clean } from "../../text.ts";
import { untrustedText } from "./untrusted-text.ts";

/** About 25,000 tokens of English: more would push everything else out of a model's window. */
const MAX_RESULT = 100_000;

/** What a tool call answered. Looser than the SDK's own schema: a block that we don't know should not lose the others. */
export const callResult = z.looseObject({
  content: z.array(z.unknown()).default([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional().catch(undefined),
});
export type CallResult = z.infer<typeof callResult>;

const media = { mimeType: z.string().optional(), data: z.string() };
const block = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("image"), ...media }),
  z.object({ type: z.literal("audio"), ...media }),
  z.object({
    type: z.literal("resource_link"),
    uri: z.string(),
    name: z.string().optional(),
    mimeType: z.string().optional(),
    size: z.number().optional(),
  }),
  z.object({
    type: z.literal("resource"),
    resource: z.object({
      uri: z.string(),
      mimeType: z.string().optional(),
      text: z.string().optional(),
      blob: z.string().optional(),
    }),
  }),
]);

/**
 * What the model reads of a result: its texts, a line for each picture, sound and binary resource,
 * or the structured content where there is no text. At most `max` letters; when it is cut, it says so.
 */
export function resultText(result: CallResult, max = MAX_RESULT): string {
  const blocks = result.content.map((raw) => block.safeParse(raw).data);
  const hasText = blocks.some((one) => one?.type === "text" && one.text !== "");
  const lines = blocks.map((one) => (one ? describe(one) : "[something in an unknown form]"));
  if (!hasText && result.structuredContent !== undefined)
    lines.unshift(JSON.stringify(result.structuredContent));
  return cut(clean(lines.filter((line) => line !== "").join("\n")), max);
}

function describe(one: z.infer<typeof block>): string {
  switch (one.type) {
    case "text":
      return one.text;
    case "image":
    case "audio":
      return `[${one.type}: ${facts(one.mimeType, bytesOf(one.data))}; not shown]`;
    case "resource_link":
      return `[link to a resource: ${facts(one.name, one.uri, one.mimeType, one.size)}]`;
    case "resource": {
      const { uri, mimeType, text, blob = "" } = one.resource;
      // Some servers answer with nothing else: GitHub's hands out files so.
      if (text !== undefined) return `[resource: ${facts(uri, mimeType)}]\n${text}`;
      return `[resource: ${facts(uri, mimeType, bytesOf(blob))}; not shown]`;
    }
    default: {
      const never: never = one;
      return never;
    }
  }
}

/** Numbers are sizes in bytes. */
function facts(...given: (string | number | undefined)[]): string {
  return given
    .filter((fact) => fact !== undefined)
    .map((fact) => (typeof fact === "number" ? `${fact} bytes` : untrustedText(fact, 200)))
    .join(", ");
}

function bytesOf(base64: string): number {
  return Buffer.byteLength(base64, "base64");
}

function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text
    .slice(0, max)
    .toWellFormed()
    .replace(/\uFFFD$/, "");
  return `${kept}\n[Cut here: the whole result is ${text.length} letters long.]`;
}
