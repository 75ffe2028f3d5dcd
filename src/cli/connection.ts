import type { Screen } from "./screen.ts";
import type { Words } from "./words.ts";

/** Tells of the server's going away and coming back, once each, however many requests notice it. */
export type Connection = { lost(): void; back(): void };

export function connection(screen: Screen, words: Words): Connection {
  let isLost = false;
  return {
    lost() {
      if (!isLost) screen.say(words.lost, "warning");
      isLost = true;
      screen.busy(words.lost);
    },
    back() {
      screen.quiet();
      if (isLost) screen.say(words.back, "good");
      isLost = false;
    },
  };
}
