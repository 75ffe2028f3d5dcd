import type { McpServerConfig } from "../../config-file.ts";
import { redact } from "../../redact.ts";

/** Parts of a path that are as long as a token are taken for one: some servers are reached by nothing else. */
const TOKEN_IN_PATH = 20;
const SECRET_FLAG = /^--?[\w-]*(?:key|token|secret|password|auth)[\w-]*(?:=(.*))?$/i;

/**
 * Takes everything out of a text that may be a secret of this entry: what its URL's query, headers
 * and env hold, and what follows a flag like `--api-key`. By now `${NAME}` is filled in, so nothing
 * tells which is which.
 */
export function redactor(entry: McpServerConfig): (text: string) => string {
  const given = (entry.transport === "stdio" ? secretsOfCommand(entry) : secretsOfUrl(entry))
    .flatMap((value) => [value, value.trim(), ...value.split(/\s+/)])
    .flatMap((value) => [
      value,
      encodeURIComponent(value.toWellFormed()),
      JSON.stringify(value).slice(1, -1),
    ]);
  const secrets = [...new Set(given)].sort((a, b) => b.length - a.length);
  return (text) => redact(text, secrets);
}

function secretsOfCommand(entry: McpServerConfig & { transport: "stdio" }): string[] {
  const flags = entry.args.flatMap((arg, at) => {
    const found = SECRET_FLAG.exec(arg);
    return found ? [found[1] ?? entry.args[at + 1] ?? ""] : [];
  });
  return [...Object.values(entry.env), ...flags];
}

function secretsOfUrl(entry: McpServerConfig & { transport: "http" | "sse" }): string[] {
  const url = URL.parse(entry.url);
  const inUrl = url
    ? [...url.searchParams.values(), url.search, url.username, url.password]
    : [entry.url];
  // As written too: `+`, `%2F` and letters outside ASCII look different once parsed.
  const raw = (entry.url.split("?", 2)[1] ?? "")
    .split("&")
    .map((pair) => pair.replace(/^[^=]*=/, ""));
  const inPath = url?.pathname.split("/").filter((part) => part.length >= TOKEN_IN_PATH) ?? [];
  return [...Object.values(entry.headers), ...inUrl, ...raw, ...inPath];
}
