import type { BoundTool, Call, Turn } from "./turn.ts";

const CHINESE =
  /(?:请问|帮我|查询|查一下|查查|看看|告诉我|今天|明天|现在|\s)*(?<city>[\p{Script=Han}A-Za-z ]{1,12}?)(?:今天|明天|现在|当前)?的?天气/u;
const ENGLISH =
  /\bweather\b.*?\b(?:in|for|at|of)\s+(?<city>\p{L}[\p{L}' .-]*?)(?:\s+(?:today|tomorrow|now))?\s*(?:[?!.,;]|$)/iu;

/** A call of whichever bound tool is about the weather, by the name that its schema gives to the place. */
export function forecasts(said: string, turn: Turn): Call[] {
  const tool = turn.tools.find(({ name }) => /weather/iu.test(name));
  const city = (CHINESE.exec(said) ?? ENGLISH.exec(said))?.groups?.city?.trim();
  return tool && city ? [{ name: tool.name, args: { [placeArgument(tool)]: city } }] : [];
}

function placeArgument(tool: BoundTool): string {
  const names = Object.keys(tool.parameters.properties ?? {});
  return names.find((name) => /city|place|location|address/iu.test(name)) ?? names[0] ?? "city";
}
