import assert from "node:assert/strict";
import { test } from "node:test";
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { ChatOllama } from "@langchain/ollama";
import { ChatOpenAI } from "@langchain/openai";
import { acceptanceScript } from "./acceptance-script.ts";
import { startOllamaStandIn } from "./ollama-stand-in.ts";
import { startOpenAiStandIn } from "./openai-stand-in.ts";

const properties = {
  book_hotel: { hotel_name: { type: "string" } },
  multiply: { a: { type: "number" }, b: { type: "number" } },
  maps_weather: { city: { type: "string" } },
};
const tools = Object.entries(properties).map(([name, args]) => ({
  type: "function" as const,
  function: { name, parameters: { type: "object", properties: args } },
}));
const vendors = {
  OpenAI: {
    start: startOpenAiStandIn,
    open: (baseURL: string) =>
      new ChatOpenAI({ model: "scripted", apiKey: "any", configuration: { baseURL } }),
  },
  Ollama: {
    start: startOllamaStandIn,
    open: (baseUrl: string) => new ChatOllama({ model: "scripted", baseUrl }),
  },
};

const steps: [said: string, call: string, result: string, then: string][] = [
  [
    "调用工具预定如家酒店",
    'book_hotel {"hotel_name":"如家酒店"}',
    "成功预定了在如家酒店的住宿。",
    "成功预定了在如家酒店的住宿。",
  ],
  [
    "调用工具预定桔子酒店",
    'book_hotel {"hotel_name":"桔子酒店"}',
    "[rejected] 该工具调用被人工拒绝，没有执行。",
    "工具调用被拒绝了，没有预定任何酒店。",
  ],
  [
    "调用工具预定全季酒店",
    'book_hotel {"hotel_name":"全季酒店"}',
    '[edited: {"hotel_name":"全季酒店(软件园店)"}] 成功预定了在全季酒店(软件园店)的住宿。',
    "成功预定了在全季酒店(软件园店)的住宿。",
  ],
  [
    "调用工具预定汉庭酒店",
    'book_hotel {"hotel_name":"汉庭酒店"}',
    "[answered] 把酒店名称换为：汉庭酒店(软件园店)，再调用工具预定",
    'book_hotel {"hotel_name":"汉庭酒店(软件园店)"}',
  ],
  ["3乘以4", 'multiply {"a":3,"b":4}', "3乘以4等于12。", "3乘以4等于12。"],
  ["上海天气如何？", 'maps_weather {"city":"上海"}', "上海：晴", "上海：晴"],
];

for (const [vendor, { start, open }] of Object.entries(vendors))
  for (const streamed of [true, false])
    test(`acceptanceScript follows the script over ${vendor}, ${streamed ? "streamed" : "whole"}`, async () => {
      await using standIn = await start(acceptanceScript);
      const model = open(standIn.url).bindTools(tools);
      const ask = async (prompt: BaseMessage[]): Promise<AIMessage> => {
        if (!streamed) return model.invoke(prompt);
        const chunks = await Array.fromAsync(await model.stream(prompt));
        return chunks.reduce((whole, chunk) => whole.concat(chunk));
      };
      for (const [said, call, content, then] of steps) {
        const asked = await ask([new HumanMessage(said)]);
        assert.equal(shown(asked), call);
        const { id = "", name = "" } = asked.tool_calls?.[0] ?? {};
        const result = new ToolMessage({ content, name, tool_call_id: id });
        const kept = new AIMessage({ content: "", tool_calls: asked.tool_calls ?? [] });
        assert.equal(shown(await ask([new HumanMessage(said), kept, result])), then);
      }
    });

function shown(message: AIMessage): string {
  const calls = message.tool_calls?.map(({ name, args }) => `${name} ${JSON.stringify(args)}`);
  return calls?.join(" ") || message.text;
}
