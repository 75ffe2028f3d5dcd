import { calls } from "./calls.ts";
import { type Call, inWords, type Reply, type Turn } from "./turn.ts";

const CHINESE = /(?:换为|换成|改为|改成|改用)[:：]?\s*(?<to>.+?)(?:[，,。;；！!]|再|$)/u;
const ENGLISH =
  /\b(?:to|use|make it|rather|instead book)[:]?\s+(?<to>.+?)(?:\s+instead|\s*[,;.!]|\s+(?:and|then)\s|$)/iu;

/**
 * Answers a person who answered a call with words: `change the name to X` calls again with X;
 * a new request is done; anything else is only acknowledged.
 */
export function feedback(turn: Turn, call: Call, words: string): Reply {
  const to = (CHINESE.exec(words) ?? ENGLISH.exec(words))?.groups?.to?.trim();
  const argument = Object.keys(call.args).find((name) => typeof call.args[name] === "string");
  if (to && argument)
    return { text: "", calls: [{ name: call.name, args: { ...call.args, [argument]: to } }] };
  const asked = calls({ ...turn, said: words });
  return (
    asked ?? {
      text: inWords(turn, {
        zh: `明白了：${words}`,
        en: `Understood: ${words}`,
      }),
    }
  );
}
