import { setTimeout as sleep } from "node:timers/promises";
import { type EventSourceMessage, EventSourceParserStream } from "eventsource-parser/stream";
import { messageOf } from "../errors.ts";
import { ApiError, isPassing, UnexpectedAnswerError, UnreachableError } from "./api-error.ts";
import { liveDelta, outbound, type Told } from "./journal-schema.ts";
import { type ReceivedText, receivedText } from "./received-text.ts";
import { type Connection, path, send } from "./request.ts";

/**
 * What a reader of a run sees, in order and once: `text` is the new end of a message's text, be it live or
 * journaled; `event` is every other journal row; `lost` and `back` tell of the connection.
 */
export type RunEvent =
  | { kind: "text"; message: string; text: string }
  | { kind: "event"; seq: number; at: string; event: Exclude<Told, { type: "text.delta" }> }
  | { kind: "lost"; reason: string }
  | { kind: "back" };

export type FollowOptions = {
  /** The last sequence number already known; 0 (the default) begins at the beginning. */
  after?: number;
  signal?: AbortSignal;
};

const ENDS: ReadonlySet<string> = new Set(["run.completed", "run.failed", "run.stopped"]);
/** The server pings every 15 s: a connection that is silent for longer than this is dead. */
const SILENCE_MS = 40_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Follows a run to its end. Connects again by itself, as long as it takes, and goes on after the last row it has;
 * `text.discarded` says that a message's text so far counts for nothing.
 * Returns when the run has ended or `signal` aborts; throws ApiError where asking again is no use (404, 401, 403).
 */
export async function* followRun(
  connection: Connection,
  runId: string,
  { after = 0, signal }: FollowOptions = {},
): AsyncGenerator<RunEvent, void> {
  const text = receivedText();
  let seq = after;
  let failures = 0;
  let isLost = false;

  while (!signal?.aborted) {
    let fault: unknown = new UnreachableError(connection.url, "the stream was cut");
    try {
      for await (const message of messages(connection, runId, seq, signal)) {
        if (message === "opened") {
          if (isLost) yield { kind: "back" };
          isLost = false;
          continue;
        }
        failures = 0;
        if (message.event === "end") return;
        if (message.event !== "live.delta") {
          if (!(Number(message.id) > seq)) continue;
          seq = Number(message.id);
        }
        const event = read(message, text);
        if (event) yield event;
        if (event?.kind === "event" && ENDS.has(event.event.type)) return;
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
      fault = error;
    }
    if (signal?.aborted) return;
    if (!isLost) yield { kind: "lost", reason: messageOf(fault) };
    isLost = true;
    await pause(failures, fault, signal);
    failures += 1;
  }
}

/** What a message tells that is new; undefined for what is known, and for kinds that only a newer server has. */
function read(message: EventSourceMessage, text: ReceivedText): RunEvent | undefined {
  const data = parseJson(message.data);
  if (message.event === "live.delta") {
    const delta = liveDelta.safeParse(data).data;
    const news = delta && text.live(delta.message, delta.from, delta.text);
    return news ? { kind: "text", message: delta.message, text: news } : undefined;
  }
  const event = outbound.safeParse(data).data;
  if (!event) return undefined;
  if (event.type === "text.delta") {
    const news = text.journaled(event.message, event.from, event.text);
    return news ? { kind: "text", message: event.message, text: news } : undefined;
  }
  if (event.type === "text.discarded") text.discard(event.message);
  return { kind: "event", seq: Number(message.id), at: timeOf(data), event };
}

/** One connection's messages, after `opened`. */
async function* messages(
  connection: Connection,
  runId: string,
  after: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<EventSourceMessage | "opened", void> {
  using watch = watchSilence(signal);
  const response = await send(connection, {
    path: path`/v1/runs/${runId}/events`,
    headers: { accept: "text/event-stream", ...(after ? { "last-event-id": String(after) } : {}) },
    signal: watch.signal,
  });
  if (!response.headers.get("content-type")?.startsWith("text/event-stream"))
    throw new UnexpectedAnswerError(`GET /v1/runs/${runId}/events`, "no event stream");
  yield "opened";
  if (!response.body) return;
  const parsed = response.body
    .pipeThrough(watch.heard())
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  try {
    yield* parsed;
  } catch (error) {
    throw new UnreachableError(connection.url, error);
  }
}

/** Aborts when nothing was heard for SILENCE_MS, and with `outer`. Disposing of it ends what listens to its signal. */
function watchSilence(outer: AbortSignal | undefined) {
  const over = new AbortController();
  const expire = () => over.abort(new Error("the server has gone silent"));
  const timer = setTimeout(expire, SILENCE_MS);
  return {
    signal: outer ? AbortSignal.any([outer, over.signal]) : over.signal,
    heard: () =>
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(chunk, out) {
          timer.refresh();
          out.enqueue(chunk);
        },
      }),
    [Symbol.dispose]() {
      clearTimeout(timer);
      over.abort();
    },
  };
}

/** Longer each time, and never the same for two clients of a server that comes back. */
async function pause(failures: number, fault: unknown, signal: AbortSignal | undefined) {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
  const asked = fault instanceof ApiError ? (fault.retryAfterMs ?? 0) : 0;
  const ms = Math.max(asked, longest * (0.5 + Math.random() / 2));
  await sleep(ms, undefined, signal ? { signal } : {}).catch(() => {});
}

function timeOf(row: unknown): string {
  return typeof row === "object" && row !== null && "at" in row ? String(row.at) : "";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
