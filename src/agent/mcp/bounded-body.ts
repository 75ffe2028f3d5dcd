import { RefusedError } from "../../errors.ts";

/** As much as the SDK reads from a stdio server in one message. */
const MAX_BYTES = 10 * 1024 * 1024;
const NEWLINE = 10;

/**
 * Passes a response body on until more than `max` bytes came: of the whole, or, for an event
 * stream, which never ends, of one event. Then the stream errors, so that a server can't fill our memory.
 */
export function boundedBody(
  body: ReadableStream<Uint8Array>,
  contentType: string | null,
  max = MAX_BYTES,
): ReadableStream<Uint8Array> {
  const eventStream = /^text\/event-stream\b/i.test(contentType ?? "");
  let held = 0;
  let line = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (eventStream) countEvent(chunk);
        else held += chunk.length;
        if (held > max)
          controller.error(
            new RefusedError("too_large", `An MCP server sent more than ${max} bytes at once`),
          );
        else controller.enqueue(chunk);
      },
    }),
  );

  /** An event ends with an empty line; `\r` counts as nothing. */
  function countEvent(chunk: Uint8Array): void {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      const part = chunk.subarray(from, end < 0 ? chunk.length : end);
      line += part.at(-1) === 13 ? part.length - 1 : part.length;
      held += part.length + 1;
      if (end < 0) return;
      if (line === 0) held = 0;
      line = 0;
      from = end + 1;
      if (held > max) return;
    }
  }
}
