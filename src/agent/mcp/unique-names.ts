import { createHash } from "node:crypto";

/** What OpenAI takes as a tool's name; the other vendors take more. */
const MAX_LENGTH = 64;

type Named = { server: string; tool: string };

/**
 * Names for tools of several servers, in their order: the tool's own name where no other tool has
 * it, else `server__tool`. Letters that vendors refuse become `_`. Where that still leaves two
 * alike, or too long, a digest of server and tool ends the name. Depends on which tools there are, not on
 * their order. `reserved` are names that no MCP tool may take, ours.
 */
export function uniqueNames(tools: readonly Named[], reserved: Iterable<string> = []): string[] {
  const taken = new Set(reserved);
  const names = new Array<string | undefined>(tools.length);
  const candidates = [
    (named: Named) => asName(named.tool, named),
    (named: Named) => asName(`${named.server}__${named.tool}`, named),
    (named: Named) => withDigest(`${named.server}__${named.tool}`, named),
  ];
  for (const candidate of candidates) {
    const asked = tools.map((named, at) =>
      names[at] === undefined ? candidate(named) : undefined,
    );
    const counts = Map.groupBy(asked, (name) => name);
    for (const [at, name] of asked.entries())
      if (name !== undefined && !taken.has(name) && counts.get(name)?.length === 1)
        names[at] = name;
    for (const name of names) if (name !== undefined) taken.add(name);
  }
  return names.map((name, at) => {
    if (name === undefined) throw new Error(`Two tools are named ${JSON.stringify(tools[at])}`);
    return name;
  });
}

function asName(name: string, named: Named): string {
  const valid = name.replaceAll(/[^a-zA-Z0-9_-]/g, "_");
  return valid.length > MAX_LENGTH || valid === "" ? withDigest(name, named) : valid;
}

function withDigest(name: string, { server, tool }: Named): string {
  const digest = createHash("sha256").update(`${server}\0${tool}`).digest("hex").slice(0, 8);
  const valid = name.replaceAll(/[^a-zA-Z0-9_-]/g, "_");
  return `${valid.slice(0, MAX_LENGTH - 9)}_${digest}`;
}
