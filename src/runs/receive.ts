import type { Sql } from "#db/client.ts";
import { storeInbound } from "#db/queries/inbox.ts";
import type { Answer, Receive } from "../adapter.ts";
import { messageOf, RefusedError } from "../errors.ts";
import type { Inbound } from "../events.ts";
import type { Log } from "../log.ts";
import { clean } from "../text.ts";
import { HANDLE_MS, type Handle, handleOnce, handleStored } from "./handle-inbound.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** Platforms give three seconds. */
const ANSWER_MS = 2000;
const STORED: Answer = { kind: "stored" };

/**
 * Makes the function that the adapters hand events to. An event is stored, then handled, and answered with what its
 * handling gives or, where that takes more than two seconds or fails, with `stored`: it goes on, or is handled
 * again by `sweepInbox`, without the adapter. An event whose key is known is `stored` at once and does nothing.
 * Rejects while nothing is stored: the database is away or slow, or `signal` aborted. An event that is stored
 * only after that is handled all the same.
 *
 * What only asks for a form or for choices changes nothing: it is answered each time, and never stored.
 */
export function makeReceive(deps: {
  sql: Sql;
  handle: Handle;
  log: Log;
  answerMs?: number;
}): Receive {
  const { sql, handle, log, answerMs = ANSWER_MS } = deps;

  /** Settles `stored` as soon as that is known; gives the answer, however long it takes. Never rejects. */
  async function storeAndHandle(
    inbound: Inbound,
    stored: PromiseWithResolvers<void>,
  ): Promise<Answer> {
    try {
      const isNew = await storeInbound(sql, inbound);
      stored.resolve();
      if (isNew) return await handleStored(deps, inbound, AbortSignal.timeout(HANDLE_MS));
    } catch (error) {
      stored.reject(error);
      log.error({ key: inbound.key, kind: inbound.kind, error }, "an event could not be handled");
    }
    return STORED;
  }

  return async function receive(given, signal) {
    signal.throwIfAborted();
    const inbound = clean(given);
    const waiting = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    try {
      if (inbound.kind === "form.requested" || inbound.kind === "choices")
        return await unlessAborted(waiting, () => handleOnce(handle, inbound, waiting));
      const stored = Promise.withResolvers<void>();
      const answered = storeAndHandle(inbound, stored);
      await unlessAborted(waiting, () => stored.promise);
      return await unlessAborted(waiting, () => answered).catch(() => STORED);
    } catch (cause) {
      const why = waiting.aborted ? "it took too long" : messageOf(cause);
      throw new RefusedError("unavailable", `Cannot take in "${inbound.key}": ${why}`, { cause });
    }
  };
}
