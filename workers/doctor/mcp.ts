import { openLog } from "../../src/log.ts";
import { ownTools } from "../own-tools.ts";
import type { Check, Finding } from "./check.ts";

/** A stdio server that npx has to fetch first takes its time. */
const CONNECT_MS = 30_000;

const WORDS = {
  en: {
    off: "no servers",
    turnOn: "write them under mcp: in the file of COUNTERSIGN_CONFIG (countersign.example.yaml)",
    connected: (name: string, tools: number) => `${name}: connected, ${tools} tools`,
    down: (name: string, why: string) => `${name}: down: ${why}`,
    check: (name: string) => `see mcp.${name} in the file of COUNTERSIGN_CONFIG`,
    leftOut: (name: string, tool: string, why: string) => `${name}: ${tool} is left out: ${why}`,
  },
  zh: {
    off: "没有服务器",
    turnOn: "在 COUNTERSIGN_CONFIG 指定的文件的 mcp: 下填写（参见 countersign.example.yaml）",
    connected: (name: string, tools: number) => `${name}：已连接，${tools} 个工具`,
    down: (name: string, why: string) => `${name}：未连接：${why}`,
    check: (name: string) => `请检查 COUNTERSIGN_CONFIG 指定的文件中的 mcp.${name}`,
    leftOut: (name: string, tool: string, why: string) => `${name}：不提供 ${tool}：${why}`,
  },
} as const;

/** Connects to every MCP server as an agent worker does, and disconnects. */
export const mcp: Check = {
  name: { en: "MCP", zh: "MCP" },
  async run({ config }) {
    const words = WORDS[config.LANGUAGE];
    const servers = config.file.mcp;
    if (Object.keys(servers).length === 0)
      return [{ state: "off", text: words.off, fix: words.turnOn }];
    const { openMcpServers } = await import("../../src/agent/mcp/open-servers.ts");
    await using opened = await openMcpServers(servers, {
      log: openLog({ level: "silent", name: "doctor", secrets: [] }),
      overrides: config.file.tools,
      reserved: [...ownTools(config).keys()],
      connectTimeoutMs: CONNECT_MS,
      startWaitMs: CONNECT_MS + 1_000,
    });
    return opened.status().flatMap(({ name, state, tools, error = "", leftOut = [] }) => {
      const first: Finding =
        state === "connected"
          ? { state: "ok", text: words.connected(name, tools) }
          : { state: "failed", text: words.down(name, error), fix: words.check(name) };
      const rest = leftOut.map(
        ({ tool, reason }): Finding => ({
          state: "warning",
          text: words.leftOut(name, tool, reason),
        }),
      );
      return [first, ...rest];
    });
  },
};
