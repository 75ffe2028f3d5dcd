import { setTimeout as delay } from "node:timers/promises";

/** Asks again until `ask` neither throws nor returns false, for at most ten seconds: then its error is thrown. */
export async function eventually<T>(
  what: string,
  ask: () => T | Promise<T>,
): Promise<Exclude<T, false>> {
  const end = Date.now() + 10_000;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await ask();
      if (answer !== false) return answer as Exclude<T, false>;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > end) throw new Error(`Not within ten seconds: ${what}`, { cause: failure });
    await delay(5);
  }
}
