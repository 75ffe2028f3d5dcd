import type { Told } from "../client/journal-schema.ts";
import { shorten } from "../text.ts";
import { outcomeOfCard, whoIs } from "./card-text.ts";
import type { Conversation } from "./conversation.ts";
import { tellOutcome } from "./tell-outcome.ts";

/**
 * Shows a run as it goes on, from what was shown of it last, until it ends or waits for a decision. The first
 * interrupt stops the run, the second leaves it to itself.
 */
export async function follow(talk: Conversation, runId: string): Promise<void> {
  const { client, screen, words } = talk;
  const leaving = new AbortController();
  const view = runView(talk);
  let interrupts = 0;
  using _listening = screen.onInterrupt(() => {
    interrupts += 1;
    if (interrupts > 1) {
      talk.isLeaving = true;
      return leaving.abort();
    }
    screen.busy(words.stopping);
    client.stopRun(runId, { user_id: talk.user }).catch((error) => leaving.abort(error));
  });

  screen.busy(words.thinking);
  const { after, input } = talk.open.get(runId) ?? { after: 0 };
  if (input !== undefined) screen.heard(input);
  for await (const told of client.events(runId, { after, signal: leaving.signal })) {
    switch (told.kind) {
      case "lost":
        talk.connection.lost();
        break;
      case "back":
        talk.connection.back();
        screen.busy(words.thinking);
        break;
      case "text":
        view.text(told.message, told.text);
        break;
      case "event":
        view.event(told.event);
        talk.open.set(runId, { after: told.seq });
        if (MAY_REST.has(told.event.type) && (await isResting(talk, runId, told.seq))) {
          screen.quiet();
          return;
        }
        break;
      default: {
        const never: never = told;
        throw new TypeError(`Unknown event ${JSON.stringify(never)}`);
      }
    }
  }
  screen.quiet();
  if (!leaving.signal.aborted) talk.open.delete(runId); // told to its end
  if (leaving.signal.reason instanceof Error && !talk.isLeaving) throw leaving.signal.reason;
}

/** After these a run may wait for people, with nothing more to tell. */
const MAY_REST: ReadonlySet<string> = new Set([
  "run.waiting",
  "approval.voted",
  "approval.reminded",
  "approval.escalated",
  "approval.closed",
]);

async function isResting({ client }: Conversation, runId: string, seq: number): Promise<boolean> {
  const run = await client.run(runId);
  return run.status === "waiting" && run.last_seq <= seq;
}

/** What a person sees of a run's events. */
function runView(talk: Conversation) {
  const { screen, words, user } = talk;
  const started = new Map<string, string>();
  let spoken = { message: "", text: "" };
  /** Whether the next attempt goes on after a decision, and not after a worker's death. */
  let isParked = false;

  return {
    text(message: string, text: string) {
      spoken = { message, text: spoken.message === message ? spoken.text + text : text };
      screen.stream(message, text);
    },
    event(event: Exclude<Told, { type: "text.delta" }>) {
      switch (event.type) {
        case "run.queued":
          if (event.ahead > 0) screen.busy(words.queued(event.ahead));
          return;
        case "run.started":
          if (event.attempt > 1 && !isParked) screen.say(words.resumedByWorker, "faint");
          isParked = false;
          screen.busy(words.thinking);
          return;
        case "text.discarded":
          screen.discard(event.message);
          screen.say(words.discarded(event.reason), "faint");
          spoken = { message: "", text: "" };
          return;
        case "call.granted":
          screen.say(words.granted(event.tool, event.grant, whoIs(event.by, user, words)), "faint");
          return;
        case "tool.started":
          started.set(event.callId, `${event.tool} ${shorten(event.args, 120)}`);
          screen.settle();
          screen.busy(`${event.tool}…`);
          return;
        case "tool.progress":
          screen.busy(`${event.tool}: ${event.text}`);
          return;
        case "tool.finished":
          screen.say(
            `${started.get(event.callId) ?? event.tool} → ${shorten(event.result, 300)}`,
            event.status === "ok" ? "faint" : "warning",
          );
          screen.busy(words.thinking);
          return;
        case "steered":
          screen.say(words.steered(event.text), "faint");
          return;
        case "approval.requested": // shown when the run waits for it
          return;
        case "run.waiting":
          isParked = true;
          return;
        case "approval.closed":
          isParked = true;
          tellOutcome(talk, event.card.approvalId, outcomeOfCard(event.card));
          return;
        case "approval.voted": {
          const by = event.card.votes?.at(-1)?.by;
          if (by) screen.say(words.voted(whoIs(by, user, words), event.card.tool), "faint");
          return;
        }
        case "approval.reminded":
        case "approval.escalated": // those who are to decide are told where they are
          return;
        case "run.resumed":
          screen.busy(words.thinking);
          return;
        case "run.completed":
          screen.settle();
          if (event.answer.trim() !== spoken.text.trim()) screen.stream("answer", event.answer);
          screen.settle();
          if (event.answer.trim() === "") screen.say(words.noAnswer, "faint");
          return;
        case "run.failed":
          screen.say(words.failed(event.message), "error");
          return;
        case "run.stopped": {
          const by = event.by === null ? "" : whoIs(event.by, user, words);
          screen.say(words.stopped(by, event.reason), "warning");
          if (event.done.length > 0) screen.say(words.doneBefore(event.done.join(", ")), "faint");
          return;
        }
        default: {
          const never: never = event;
          return never;
        }
      }
    },
  };
}
