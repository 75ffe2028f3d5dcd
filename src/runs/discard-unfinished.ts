import type { Claim } from "#db/queries/claim-run.ts";
import type { StoredMessage } from "../message.ts";
import type { WorkerCore } from "./core.ts";
import { wordsFor } from "./failure-words.ts";
import type { Journal } from "./journal.ts";

/** Takes back what people have read of a message that died with its worker: the model writes it again, under another id. */
export async function discardUnfinished(
  core: WorkerCore,
  claim: Claim,
  journal: Journal,
  messages: StoredMessage[],
): Promise<void> {
  const [last] = await core.sql<{ message: string; discarded: boolean }[]>`
    select event->>'message' as message, event->>'type' = 'text.discarded' as discarded from run_events
    where run_id = ${claim.id} and event->>'type' in ('text.delta', 'text.discarded') order by seq desc limit 1`;
  if (!last || last.discarded || messages.some((message) => message.id === last.message)) return;
  const reason = wordsFor(claim.language).restarted;
  journal.emit({ type: "text.discarded", message: last.message, reason });
}
