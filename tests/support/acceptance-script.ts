import type { ModelReply, ModelRequest, PromptMessage } from "./model-script.ts";

/**
 * A model that behaves as the acceptance script expects one to: it books the hotel that is named, multiplies, asks
 * for the weather, calls again after feedback with a new name, and tells people when nothing was done. In Chinese.
 */
export function acceptanceScript({ messages, tools }: ModelRequest): ModelReply {
  const asked = messages.findLastIndex(({ role }) => role === "assistant");
  const results = messages.slice(asked + 1).filter(({ role }) => role === "tool");
  const last = messages.at(-1);
  if (last?.role === "tool") return afterResults(results);
  const said = messages.findLast(({ role }) => role === "user")?.text ?? "";
  const calls = [...bookings(said), ...products(said), ...forecasts(said)].filter(({ name }) =>
    tools.some((tool) => tool.name === name),
  );
  if (calls.length > 0) return { toolCalls: calls };
  if (/我喜欢什么|记得什么/u.test(said)) return { text: remembered(messages) };
  if (/说了什么/u.test(said)) return { text: earlier(messages) };
  return { text: `收到：${said}` };

  function forecasts(text: string): Call[] {
    const city = /(?<city>\p{Script=Han}+?)(?:的|今天)*天气/u.exec(text)?.groups?.city;
    const tool = tools.find(({ name }) => name.includes("weather"));
    return city && tool ? [{ name: tool.name, args: { city } }] : [];
  }
}

type Call = { name: string; args: object };

function bookings(said: string): Call[] {
  const named = /(?:预[定订]|book the)\s*(?<name>[^，。！？?!]+)/u.exec(said)?.groups?.name;
  return named ? [{ name: "book_hotel", args: { hotel_name: named.trim() } }] : [];
}

function products(said: string): Call[] {
  const [, a, b] = /(\d+)\s*(?:乘以|times)\s*(\d+)/u.exec(said) ?? [];
  return a && b ? [{ name: "multiply", args: { a: Number(a), b: Number(b) } }] : [];
}

function afterResults(results: PromptMessage[]): ModelReply {
  const again = results.flatMap(({ text }): Call[] => {
    const name = /^\[answered\].*?(?:换为|改为)[:：]?(?<name>[^，。]+)/u.exec(text)?.groups?.name;
    return name ? [{ name: "book_hotel", args: { hotel_name: name.trim() } }] : [];
  });
  if (again.length > 0) return { toolCalls: again };
  return { text: results.map(({ text }) => tell(text)).join("\n") };
}

function tell(result: string): string {
  if (result.startsWith("[rejected]")) return "工具调用被拒绝了，没有预定任何酒店。";
  if (result.startsWith("[expired]")) return "没有人在期限内答复，没有执行。";
  if (result.startsWith("[withdrawn]")) return "调用已撤回，没有执行。";
  return result.replace(/^\[edited: .*?\}\] /u, "").replace(/^\[\w+\] /u, "");
}

function remembered(messages: PromptMessage[]): string {
  const system = messages.find(({ role }) => role === "system")?.text ?? "";
  const items = system.split("\n").filter((line) => line.startsWith("- "));
  return items.length > 0 ? `我记得：\n${items.join("\n")}` : "我还不知道。";
}

function earlier(messages: PromptMessage[]): string {
  const said = messages.filter(({ role }) => role === "user").slice(0, -1);
  return `您之前说过：${said.map(({ text }) => text).join("；") || "没有"}`;
}
