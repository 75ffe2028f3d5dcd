import { listUnder, MEMORIES } from "./prompt-lists.ts";
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
  const known = listUnder(turn.system, MEMORIES);
  const list = known.map((text) => `- ${text}`).join("\n");
  if (list)
    return {
      text: inWords(turn, {
        zh: `我记得：\n${list}`,
        en: `I remember:\n${list}`,
      }),
    };
  if (isBound(turn, "recall"))
    return { text: "", calls: [{ name: "recall", args: { query: "" } }] };
  return {
    text: inWords(turn, { zh: "我还不知道您的喜好。", en: "I know nothing about you yet." }),
  };
}
