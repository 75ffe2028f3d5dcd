import type { Config } from "../src/config.ts";

type Standing = {
  url: string;
  models: string;
  mcp: { name: string; state: string; tools: number; error?: string }[];
};

/** What `npm start` prints once it serves: where, with what, what is off and how to turn it on. */
export function welcome(config: Config, { url, models, mcp }: Standing): string {
  const words = WORDS[config.LANGUAGE];
  const lines = [
    `Countersign ${words.ready}: ${url}  (${url}/docs)`,
    `${words.model}: ${models}${models === "demo" ? `  ${words.demo}` : ""}`,
    `${words.data}: ${config.DATABASE_URL ? "DATABASE_URL" : `${words.embedded} ${config.DATA_DIR}`}`,
    `${words.queue}: ${config.REDIS_URL ? "Redis (REDIS_URL)" : "PostgreSQL"}`,
    ...mcp.map((server) =>
      server.state === "connected"
        ? `MCP ${server.name}: ${server.tools} ${words.tools}`
        : `MCP ${server.name}: ${words.down}${server.error ? ` (${server.error})` : ""}`,
    ),
    `Slack: ${words.off} (SLACK_BOT_TOKEN)   Discord: ${words.off} (DISCORD_TOKEN)`,
    "",
    `${words.chat}: npm run chat`,
  ];
  return `${lines.join("\n")}\n`;
}

const WORDS = {
  en: {
    ready: "is ready",
    model: "Model",
    demo: "(rules, no language model; OPENAI_API_KEY, DASHSCOPE_API_KEY or OLLAMA_BASE_URL turns a real one on)",
    data: "Data",
    embedded: "embedded PostgreSQL in",
    queue: "Queue",
    tools: "tools",
    down: "is down",
    off: "off",
    chat: "Talk to it in another terminal",
  },
  zh: {
    ready: "已就绪",
    model: "模型",
    demo: "（基于规则，不是语言模型；设置 OPENAI_API_KEY、DASHSCOPE_API_KEY 或 OLLAMA_BASE_URL 可启用真实模型）",
    data: "数据",
    embedded: "内嵌 PostgreSQL，位于",
    queue: "队列",
    tools: "个工具",
    down: "未连接",
    off: "未启用",
    chat: "在另一个终端中对话",
  },
} as const;
