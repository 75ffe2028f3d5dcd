/** The headings under which the system prompt lists what is remembered, and which calls wait for a person. */
export const MEMORIES = /^(?:What is remembered about this user|关于该用户记住的内容)[:：]$/u;
export const WAITING =
  /^(?:These tool calls wait for a human decision|以下工具调用正在等待人工决定).*[:：]$/u;

/** The items listed under a heading of the system prompt, without their dashes; empty when it is not there. */
export function listUnder(system: string, heading: RegExp): string[] {
  const lines = system.split("\n");
  const start = lines.findIndex((line) => heading.test(line));
  if (start === -1) return [];
  const rest = lines.slice(start + 1);
  const end = rest.indexOf("");
  const list = (end === -1 ? rest : rest.slice(0, end)).join("\n");
  return list.split(/^- /mu).flatMap((item) => item.trim() || []);
}
