import type { Language } from "../../../events.ts";
import { type BoundTool, inWords, type Reply, type Turn } from "./turn.ts";

/** What it understands, shown where the tool is bound. */
const EXAMPLES: { tool?: RegExp; words: Record<Language, string> }[] = [
  { tool: /^book_hotel$/, words: { zh: "调用工具预定如家酒店", en: "book the Grand hotel" } },
  {
    tool: /^book_hotel$/,
    words: { zh: "预定如家酒店和桔子酒店", en: "book the Grand hotel and the Ritz" },
  },
  { tool: /^multiply$/, words: { zh: "3乘以4", en: "what is 3 times 4" } },
  { tool: /weather/i, words: { zh: "上海天气如何？", en: "what is the weather in Shanghai" } },
  {
    tool: /^remember$/,
    words: { zh: "记住我喜欢高层房间", en: "remember that I like high floors" },
  },
  { words: { zh: "我喜欢什么？", en: "what do you know about me" } },
  { words: { zh: "我刚才说了什么？", en: "what did I say before" } },
  { words: { zh: "在等什么？", en: "what is waiting" } },
  { tool: /^multiply$/, words: { zh: "走30步", en: "run 30 steps" } },
];

/** For everything that no rule understands. */
export function help(turn: Turn): Reply {
  const list = EXAMPLES.filter(({ tool }) => !tool || bound(turn.tools, tool))
    .map(({ words }) => `- ${inWords(turn, words)}`)
    .join("\n");
  const others = turn.tools.map(({ name }) => name).join(", ");
  return {
    text: inWords(turn, {
      zh: `我是演示模型，只懂固定的句子，不是语言模型。可以试试：\n${list}\n\n也可以按名称调用工具：调用 工具名 {"参数": "值"}。工具：${others || "无"}`,
      en: `I am the demo model: I follow fixed rules and am not a language model. Try:\n${list}\n\nOr call a tool by its name: call tool_name {"argument": "value"}. Tools: ${others || "none"}`,
    }),
  };
}

function bound(tools: BoundTool[], name: RegExp): boolean {
  return tools.some((tool) => name.test(tool.name));
}
