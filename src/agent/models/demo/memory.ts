import { inWords, isBound, type Reply, type Turn } from "./turn.ts";

const REMEMBER =
  /(?:请?记住|请?记得|记一下)[:：,，]?\s*(?<zh>[^？?]+)|\bremember\b(?:\s+that|:|,)?\s+(?<en>(?!what\b|when\b|me\b)[^?]+)$/iu;
const RECALL =
  /我喜欢什么|我的(?:喜好|偏好)|(?:知道|记得)(?:关于)?我(?:的)?(?:什么|哪些)|what do (?:I like|I prefer|you (?:know|remember) about me)|my preferences/iu;
const PREFERENCE = /喜欢|偏好|爱|讨厌|不要|\b(?:like|love|prefer|hate|favou?rite|dislike)/iu;
const FACT = /我(?:叫|是|住|的)|\b(?:my|I am|I'm|I live|I work)\b/iu;

/** `remember that I like high rooms` → tool `remember`. */
export function remember(turn: Turn): Reply | undefined {
  const { zh, en } = REMEMBER.exec(turn.said)?.groups ?? {};
  const text = (zh ?? en)?.trim().replace(/[。.!！]+$/u, "");
  if (!text) return undefined;
  if (!isBound(turn, "remember"))
    return {
      text: inWords(turn, {
        zh: "这里没有长期记忆工具，我只能记住这段对话。",
        en: "There is no memory tool here: I only know this conversation.",
      }),
    };
  const kind = PREFERENCE.test(text) ? "preference" : FACT.test(text) ? "fact" : "note";
  return { text: "", calls: [{ name: "remember", args: { text, kind } }] };
}

/** `what do you know about me`: from the memories in the system prompt, else by tool `recall`. */
export function recall(turn: Turn): Reply | undefined {
  if (!RECALL.test(turn.said)) return undefined;
  const known = memoriesIn(turn.system);
  if (known.length > 0)
    return {
      text: inWords(turn, {
        zh: `我记得：\n${known.join("\n")}`,
        en: `I remember:\n${known.join("\n")}`,
      }),
    };
  if (isBound(turn, "recall"))
    return { text: "", calls: [{ name: "recall", args: { query: turn.said } }] };
  return {
    text: inWords(turn, { zh: "我还不知道您的喜好。", en: "I know nothing about you yet." }),
  };
}

/** The list that follows a heading about memories, or memories written on the heading's own line. */
export function memoriesIn(system: string): string[] {
  const lines = system.split("\n");
  const start = lines.findIndex((line) => HEADING.test(line));
  if (start === -1) return [];
  const own = lines[start]?.replace(HEADING, "").trim() ?? "";
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => !/^\s*[-*•]/u.test(line));
  const listed = end === -1 ? rest : rest.slice(0, end);
  return listed.length > 0 ? listed.map((line) => line.trim()) : own ? [`- ${own}`] : [];
}

const HEADING =
  /^.*(?:memor(?:y|ies)|remember|know about (?:the user|them|this person)|preferences|记忆|记得|附加信息|偏好).*?[:：]/iu;
