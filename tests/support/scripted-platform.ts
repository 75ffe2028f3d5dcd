import { setTimeout as delay } from "node:timers/promises";
import type { Adapter, DeliverContext, Delivered, Directory, Intent } from "#src/adapter.ts";
import { DeliveryError } from "#src/errors.ts";
import type { Outbound, Place } from "#src/events.ts";

/** What goes wrong with one request. "store, …": the platform has done it and we don't hear of it. */
export const FAULTS = [
  "none",
  "500 before",
  "store, then 500",
  "store, then time out",
  "time out before",
  "store, then never answer",
  "never answer",
  "429",
] as const;
export type Fault = (typeof FAULTS)[number] | "never possible";

export type Post = {
  place: Place;
  runId: string;
  seq: number;
  part: number;
  nonce: string;
  text: string;
};

/** A post holds so many characters; an event with more of them has several parts. */
export const POST_LENGTH = 12;

export type ScriptedPlatform = {
  adapter: Adapter;
  /** What people see, in the order in which it was posted. It takes the same nonce twice, as a platform may. */
  posts: Post[];
  /** Every request to post or edit. */
  calls: { place: Place; seq: number; part: number; fault: Fault }[];
  /** What people read of a run at a place. */
  textOf(runId: string, place: Place): string;
};

/** An in-memory platform whose messages can grow; `script` says what goes wrong with a request. */
export function scriptedPlatform(
  script: (context: DeliverContext, event: Outbound) => Fault = () => "none",
  timing: { limitMs: number; timeoutMs: number } = { limitMs: 20, timeoutMs: 5 },
): ScriptedPlatform {
  const posts: Post[] = [];
  const calls: ScriptedPlatform["calls"] = [];
  const answers = new Map<string, Delivered>();

  function post(context: DeliverContext, text: string): string {
    const { runId, seq, part, place, nonce } = context.intent;
    posts.push({ place, runId, seq, part, nonce, text });
    return String(posts.length - 1);
  }

  /** Puts the next part of `event` in sight: at the end of the message that grows, or as a post of its own. */
  function show(event: Outbound, context: DeliverContext): Delivered {
    const { previous, intent } = context;
    const before = previous?.seq === intent.seq ? Number(previous.state.shown) : 0;
    const text = rendered(event).slice(before);
    if (text === "") return { platformId: null, more: false };
    const message = event.type === "text.delta" ? event.message : null;
    const growing = message !== null && previous?.state.message === message ? previous : undefined;
    const held = growing ? String(growing.state.text) : "";
    const grows = growing?.platformId && held.length < POST_LENGTH;
    const taken = text.slice(0, POST_LENGTH - (grows ? held.length : 0));
    const full = grows ? held + taken : taken;
    const id = grows ? String(growing.platformId) : post(context, full);
    const edited = posts[Number(id)];
    if (edited) edited.text = full;
    const state = { message, text: full, shown: before + taken.length };
    const answer = { platformId: id, more: taken.length < text.length, state };
    if (!grows) answers.set(intent.nonce, answer);
    return answer;
  }

  async function deliver(event: Outbound, context: DeliverContext): Promise<Delivered> {
    const fault = script(context, event);
    const { place, intent } = context;
    calls.push({ place, seq: intent.seq, part: intent.part, fault });
    await delay(0);
    switch (fault) {
      case "none":
        return show(event, context);
      case "500 before":
        throw new DeliveryError("retry", "500 before anything was stored");
      case "429":
        throw new DeliveryError("delay", "429", { afterMs: timing.limitMs });
      case "never possible":
        throw new DeliveryError("final", "too strange");
      case "store, then 500":
        show(event, context);
        throw new DeliveryError("uncertain", "500 after it was stored");
      case "store, then time out":
        show(event, context);
        await delay(timing.timeoutMs);
        throw new Error("ETIMEDOUT");
      case "time out before":
        await delay(timing.timeoutMs);
        throw new Error("ETIMEDOUT");
      case "store, then never answer":
        show(event, context);
        return new Promise(() => {});
      case "never answer":
        return new Promise(() => {});
      default: {
        const never: never = fault;
        return never;
      }
    }
  }

  const adapter: Adapter = {
    platform: "slack",
    directory: {} as Directory,
    start: () => Promise.resolve(),
    deliver,
    /** Knows posts, not edits: these do no harm twice. */
    lookUp: (intent: Intent) => Promise.resolve(answers.get(intent.nonce)),
  };
  const textOf = (runId: string, place: Place) =>
    posts
      .filter((post) => post.runId === runId && post.place === place)
      .map(({ text }) => text)
      .join("");
  return { adapter, posts, calls, textOf };
}

/** How an event reads; nothing where it leaves no post. */
export function rendered(event: Outbound): string {
  switch (event.type) {
    case "text.delta":
    case "tool.progress":
      return event.text;
    case "run.completed":
      return `(${event.answer})`;
    default:
      return "";
  }
}
