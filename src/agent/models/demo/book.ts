import { type Call, isBound, type Reply, type Turn } from "./turn.ts";

export const BOOK = "book_hotel";

const CHINESE = /(不要|别|取消|不用)?预[定订](?:一下|一家|一个)?(?<names>[^。！？!?;；\n]*)/u;
const ENGLISH = /\b(?<not>don't |do not |cancel |never )?book(?:ing)?\s+(?<names>[^.!?;\n]*)/iu;
const LODGING = "酒店|饭店|宾馆|旅馆|客栈|民宿|[)）]";
const CHINESE_BREAK = new RegExp(`、|[，,]|(?<=${LODGING})(?:和|与|跟|以及|还有)`, "u");
const ENGLISH_BREAK = /\s*,\s*(?:and\s+)?|\s+and\s+/iu;
const ENGLISH_REST = /\s+(?:for|please|tonight|tomorrow|now|using|by calling|then)\b.*$/iu;
const UNNAMED = /^(?:hotels?|rooms?|酒店|饭店|宾馆|房间|工具)?$/iu;

/** One call for each hotel that is named. */
export function bookings(said: string, turn: Turn): Call[] {
  if (!isBound(turn, BOOK)) return [];
  return hotelsIn(said).map((name) => ({ name: BOOK, args: { hotel_name: name } }));
}

/** A booking without a name is asked back. */
export function askWhichHotel(turn: Turn): Reply | undefined {
  if (!isBound(turn, BOOK) || !wantsToBook(turn.said)) return undefined;
  return {
    text:
      turn.language === "zh"
        ? "想预定哪家酒店？例如：预定如家酒店。"
        : "Which hotel? For example: book the Grand hotel.",
  };
}

/** The hotels that a person wants booked, in the order in which they are named. */
function hotelsIn(said: string): string[] {
  const quoted = [...said.matchAll(/["“「『]([^"”」』]+)["”」』]/gu)].map(([, name]) => name ?? "");
  if (quoted.length > 0 && wantsToBook(said)) return quoted;
  const chinese = CHINESE.exec(said);
  if (chinese && !chinese[1]) {
    const [first = "", ...more] = (chinese.groups?.names ?? "").split(CHINESE_BREAK).map(trim);
    return [first, ...more.filter((name) => new RegExp(`(?:${LODGING})$`, "u").test(name))].filter(
      (name) => !UNNAMED.test(name),
    );
  }
  const english = ENGLISH.exec(said);
  if (!english || english.groups?.not) return [];
  const names = (english.groups?.names ?? "").replace(ENGLISH_REST, "").split(ENGLISH_BREAK);
  return names.map(trim).filter((name) => !UNNAMED.test(name) && !startsAnother(name));
}

function wantsToBook(said: string): boolean {
  const chinese = CHINESE.exec(said);
  if (chinese) return !chinese[1];
  const english = ENGLISH.exec(said);
  return english !== null && !english.groups?.not;
}

function trim(name: string): string {
  return name
    .trim()
    .replace(/^(?:(?:the|a|an|me|us|at|in|rooms?)\s+)+/iu, "")
    .replace(/(?:的(?:房间|住宿)|一晚|吧)+$/u, "")
    .trim();
}

/** In "book the Grand and what is 3 times 4" the second half names no hotel. */
function startsAnother(name: string): boolean {
  return /^(?:what|how|then|tell|multiply|calculate|remember|run)\b/iu.test(name);
}
