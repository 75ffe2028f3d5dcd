import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { defineTool } from "#src/agent/define-tool.ts";
import type { ModelScript } from "#tests/support/model-script.ts";
import { DyingCheckpointer } from "./dying-checkpointer.ts";
import { runsByHand } from "./runs-by-hand.ts";

/** Two calls at once, then one more, then the answer. */
const script: ModelScript = ({ messages }) => {
  const from = messages.findLastIndex((message) => message.role === "user");
  const results = messages.slice(from).filter((message) => message.role === "tool");
  if (results.length === 0)
    return { text: "first ", toolCalls: [1, 2].map((n) => ({ name: "note", args: { n } })) };
  if (results.length === 2) return { toolCalls: [{ name: "note", args: { n: 3 } }] };
  return { text: `noted ${results.map((result) => result.text).join(", ")}` };
};

test("A run whose worker dies at any of its writes is ended by the next one as if nothing had been", async () => {
  const note = defineTool({
    name: "note",
    description: "Notes a number.",
    schema: z.object({ n: z.int() }),
    tier: "free",
    idempotent: true,
    run: async ({ n }) => `#${n}`,
  });
  await using hand = await runsByHand([note], script);
  const counting = new DyingCheckpointer(hand.sql);
  const undisturbed = await hand.submit("undisturbed");
  await hand.execute(undisturbed.id, hand.worker({ checkpointer: counting }));
  assert.ok(counting.count > 5, `${counting.count} writes`);

  for (let diesAt = 1; diesAt <= counting.count; diesAt++)
    for (const done of [false, true]) {
      const what = `dies ${done ? "after" : "before"} write ${diesAt}`;
      const checkpointer = new DyingCheckpointer(hand.sql);
      checkpointer.dieAt(({ n }) => n === diesAt, { isDone: done });
      const run = await hand.submit(what);
      const dead = hand.execute(run.id, hand.worker({ checkpointer }));
      await checkpointer.died;
      await hand.buryWorker(run);
      const ended = await hand.execute(run.id, hand.worker());
      assert.equal(ended.status, "completed", `${what}: ${ended.error?.message}`);
      assert.equal(ended.answer, "noted #1, #2, #3", what);
      assert.equal(ended.attempt, 2);
      checkpointer.bury();
      await dead;
    }
});
