import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/** Arguments as they are shown, stored, hashed and executed: one text. */
export type Sealed = { text: string; digest: string };

/**
 * Canonical JSON (RFC 8785) of `args`, and SHA-256 over tool, tool version and that text.
 * Two objects that mean the same have the same text, whatever their key order or number form.
 */
export function seal(tool: string, toolVersion: string, args: Record<string, unknown>): Sealed {
  const text = canonicalize(args);
  if (text === undefined)
    throw new TypeError(`Cannot seal the arguments of ${tool}: they are no JSON`);
  return { text, digest: digestOf(tool, toolVersion, text) };
}

/** The digest of arguments that are sealed already. */
function digestOf(tool: string, toolVersion: string, text: string): string {
  return sha256(JSON.stringify([tool, toolVersion, text]));
}

/** Changes whenever what a person approved could mean something else: whose tool it is, name, description, schema. */
export function toolVersion(tool: {
  name: string;
  description: string;
  parameters: unknown;
  source: string;
}): string {
  const { name, description, parameters, source } = tool;
  return sha256(canonicalize([name, description, parameters, source]) ?? "").slice(0, 16);
}

/** The sealed arguments as an object. Throws where text and digest do not belong together. */
export function unseal(
  tool: string,
  version: string,
  sealed: { text: string; digest: string },
): Record<string, unknown> {
  if (digestOf(tool, version, sealed.text) !== sealed.digest)
    throw new Error(
      `The sealed arguments of ${tool} do not match their digest: the call is refused`,
    );
  return JSON.parse(sealed.text) as Record<string, unknown>;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
