import { isDeepStrictEqual } from "node:util";
import { bookings } from "./book.ts";
import { products, withoutProducts } from "./multiply.ts";
import { named } from "./named-call.ts";
import { listUnder, WAITING } from "./prompt-lists.ts";
import { type Call, inWords, type Reply, type Turn } from "./turn.ts";
import { forecasts } from "./weather.ts";

/** All calls that are asked for in one message: `book A and B`, `预定如家酒店，再算3乘以4`. */
export function calls(turn: Turn): Reply | undefined {
  const direct = named(turn);
  const rest = withoutProducts(turn.said);
  const asked = direct
    ? [direct]
    : [...bookings(rest, turn), ...products(turn.said, turn), ...forecasts(rest, turn)];
  if (asked.length === 0) return undefined;
  const waiting = listUnder(turn.system, WAITING);
  const fresh = asked.filter((call) => !waiting.some((note) => says(note, call)));
  if (fresh.length > 0) return { text: "", calls: fresh };
  return {
    text: inWords(turn, {
      zh: "这个调用已经在等待决定，不再重复询问。",
      en: "That call already waits for a decision; I will not ask twice.",
    }),
  };
}

/** Whether a note like `book_hotel {"hotel_name":"Grand"}` is about this very call. */
function says(note: string, { name, args }: Call): boolean {
  if (!note.startsWith(`${name} `)) return false;
  try {
    return isDeepStrictEqual(JSON.parse(note.slice(name.length)), args);
  } catch {
    return false;
  }
}
