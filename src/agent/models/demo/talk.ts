import { listUnder, WAITING } from "./prompt-lists.ts";
import { inWords, type Reply, type Turn } from "./turn.ts";

const WHO =
  /你是(?:谁|什么|大?模型|语言模型|AI|真的)|are you (?:a|an|real|the)\b|who are you|what are you|which model/iu;
const BEFORE =
  /(?:刚才|之前|前面|上次).{0,4}说(?:了|过)?(?:什么|啥)|what (?:did I|have I) (?:say|said|ask|asked|tell|told)/iu;
const ASKS_WAITING =
  /(?:在|还在)?等(?:待)?(?:什么|谁)|待审批|哪些审批|what(?:'s| is| are) (?:we |you )?waiting|pending approvals?/iu;

/** Says what it is: no language model. */
export function aboutItself(turn: Turn): Reply | undefined {
  if (!WHO.test(turn.said)) return undefined;
  return {
    text: inWords(turn, {
      zh: "我是演示模型：一小组固定的规则，不是语言模型。设置 MODEL 和相应的密钥即可换成真正的模型。",
      en: "I am the demo model: a small set of fixed rules, not a language model. Set MODEL and the key of a vendor to talk to a real one.",
    }),
  };
}

/** `what did I say before`, from the messages in the prompt. */
export function saidBefore(turn: Turn): Reply | undefined {
  if (!BEFORE.test(turn.said)) return undefined;
  const list = turn.earlier.map((text) => `- ${text}`).join("\n");
  if (!list)
    return {
      text: inWords(turn, {
        zh: "这是您说的第一句话。",
        en: "This is the first thing you have said.",
      }),
    };
  return { text: inWords(turn, { zh: `您之前说过：\n${list}`, en: `You said:\n${list}` }) };
}

/** `what is waiting`, from the note in the system prompt. */
export function waiting(turn: Turn): Reply | undefined {
  if (!ASKS_WAITING.test(turn.said)) return undefined;
  const list = listUnder(turn.system, WAITING)
    .map((call) => `- ${call}`)
    .join("\n");
  return {
    text: list
      ? inWords(turn, {
          zh: `还在等待决定：\n${list}`,
          en: `Still waiting for a decision:\n${list}`,
        })
      : inWords(turn, { zh: "没有等待审批的调用。", en: "Nothing is waiting for approval." }),
  };
}
