import type { Tool } from "../src/agent/tool.ts";
import { bookHotel } from "../src/agent/tools/book-hotel.ts";
import { recall, remember } from "../src/agent/tools/memory.ts";
import { multiply } from "../src/agent/tools/multiply.ts";
import type { Config } from "../src/config.ts";
import { ConfigError } from "../src/errors.ts";

const OWN: Tool[] = [bookHotel, multiply, remember, recall];

/** Our own tools by name, as the configuration file's `tools` changes them. */
export function ownTools(config: Config): Map<string, Tool> {
  const tools = new Map<string, Tool>();
  for (const tool of OWN) {
    const entry = config.file.tools[tool.name];
    if (entry?.enabled === false) continue;
    tools.set(tool.name, {
      ...tool,
      ...(entry?.tier && { tier: entry.tier }),
      ...(entry?.idempotent !== undefined && { idempotent: entry.idempotent }),
      ...(entry?.timeout_seconds !== undefined && { timeoutMs: entry.timeout_seconds * 1000 }),
    });
  }
  const known = new Set(OWN.map((tool) => tool.name));
  for (const name of Object.keys(config.file.tools))
    if (!known.has(name) && !name.includes("__"))
      throw new ConfigError(
        `tools.${name}: there is no such tool. There are ${[...known].join(", ")}; an MCP tool is written <server>__<tool>`,
      );
  return tools;
}
