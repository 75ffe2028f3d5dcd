import { bookings } from "./book.ts";
import { products, withoutProducts } from "./multiply.ts";
import { named } from "./named-call.ts";
import { waitingNotes } from "./talk.ts";
import type { Reply, Turn } from "./turn.ts";
import { inWords } from "./turn.ts";
import { forecasts } from "./weather.ts";

/** All calls that were asked for in one message: `book A and B`, `预定如家酒店，再算3乘以4`. */
export function calls(turn: Turn): Reply | undefined {
  const direct = named(turn);
  if (direct) return { text: "", calls: [direct] };
  const rest = withoutProducts(turn.said);
  const asked = [...bookings(rest, turn), ...products(turn.said, turn), ...forecasts(rest, turn)];
  if (asked.length === 0) return undefined;
  const waiting = waitingNotes(turn.system);
  const fresh = asked.filter(
    ({ args }) =>
      !Object.values(args).every((value) => typeof value === "string" && waiting.includes(value)),
  );
  if (fresh.length > 0) return { text: "", calls: fresh };
  return {
    text: inWords(turn, {
      zh: `已经在等待决定，不再重复询问：\n${waiting}`,
      en: `That already waits for a decision; I will not ask twice:\n${waiting}`,
    }),
  };
}
