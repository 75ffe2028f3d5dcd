import type { Claim } from "#db/queries/claim-run.ts";
import { type Core, TOPICS } from "./core.ts";

/** How often the run's row is looked at where no announcement came through. */
const LOOK_MS = 1_000;

export type Watch = {
  /** Aborts when somebody asked to stop the run. */
  stopped: AbortSignal;
  /** Whether messages wait to be taken in before the next model call: says so once. Waits for a look under way. */
  steered(): Promise<boolean>;
} & AsyncDisposable;

/** Looks out for what concerns a run that executes: a request to stop it, messages that steer it. */
export function watch(core: Pick<Core, "sql" | "announcements" | "log">, claim: Claim): Watch {
  const stop = new AbortController();
  let steered = false;
  let timer = setTimeout(look, LOOK_MS);
  let looking: Promise<void> = Promise.resolve();
  let done = false;

  function look(): void {
    clearTimeout(timer);
    looking = looking.then(lookOnce).catch((error) => {
      core.log.debug({ run: claim.id, error }, "the run's row could not be read");
    });
  }

  async function lookOnce(): Promise<void> {
    if (done) return;
    const [row] = await core.sql<{ stop: boolean; steered: boolean }[]>`
      select stop_requested is not null as stop,
        exists (select from runs s where s.steers = r.id and s.status = 'queued') as steered
      from runs r where id = ${claim.id}`;
    steered = row?.steered ?? false;
    if (!row || row.stop) stop.abort(new Error("stopped"));
    clearTimeout(timer);
    if (!done && !stop.signal.aborted) timer = setTimeout(look, LOOK_MS);
  }

  const attention = core.announcements.subscribe(TOPICS.attention, ({ runId }) => {
    if (runId === claim.id) look();
  });
  return {
    stopped: stop.signal,
    async steered() {
      await looking;
      const news = steered;
      steered = false;
      return news;
    },
    async [Symbol.asyncDispose]() {
      done = true;
      clearTimeout(timer);
      attention[Symbol.dispose]();
      await looking;
    },
  };
}
