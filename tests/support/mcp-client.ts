import assert from "node:assert/strict";
import { type McpOptions, type McpServers, openMcpServers } from "#src/agent/mcp/open-servers.ts";
import type { ToolContext } from "#src/agent/tool.ts";
import { fileSchema } from "#src/config-file.ts";

/** Opens servers as a configuration file writes them, and keeps all that is logged. */
export async function openMcp(
  mcp: Record<string, unknown>,
  options: Partial<McpOptions> = {},
): Promise<McpServers & { logged: string[] }> {
  const logged: string[] = [];
  const keep = (fields: object, message: string) =>
    void logged.push(`${message} ${JSON.stringify(fields)}`);
  const servers = await openMcpServers(fileSchema.parse({ mcp }).mcp, {
    log: { info: keep, warn: keep },
    startWaitMs: 10_000,
    ...options,
  });
  return { ...servers, logged };
}

/** Checks the arguments and runs a tool as the agent does. Rejects as the tool does. */
export async function runTool(
  servers: McpServers,
  name: string,
  args: Record<string, unknown>,
  context: Partial<ToolContext> = {},
): Promise<string> {
  const tool = servers.tools().find((one) => one.name === name);
  assert.ok(tool, `there is no tool ${name}`);
  const checked = tool.check(args);
  assert.ok(checked.ok, JSON.stringify(checked));
  return tool.run(checked.args, {
    runId: "run",
    sessionId: "session",
    user: "api:key/user",
    callId: "call",
    idempotencyKey: "run/message/call",
    signal: new AbortController().signal,
    progress() {},
    memory: { remember: async () => {}, recall: async () => [] },
    ...context,
  });
}
