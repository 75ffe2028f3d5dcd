import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import type { Outbound } from "../events.ts";
import { outbound } from "./journal-schema.ts";

/** Does not compile where the vocabulary has an event that is not read. */
const read = (event: Outbound): z.input<typeof outbound> => event;

test("an event is read with what is known of it, whatever a newer server adds", () => {
  const event: Outbound = { type: "run.stopped", by: null, reason: "stopped", done: [] };
  assert.deepEqual(outbound.parse({ at: "2026-11-23T08:00:00Z", ...read(event), more: 1 }), event);
});
