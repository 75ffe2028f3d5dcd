import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { RunCheckpointer } from "#db/checkpointer.ts";
import { defineTool } from "#src/agent/define-tool.ts";
import type { ModelScript } from "#tests/support/model-script.ts";
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

/** Dies at its nth write: nothing that it is asked to do after that is done, nor answered before it is buried. */
class DyingCheckpointer extends RunCheckpointer {
  writes = 0;
  readonly died = Promise.withResolvers<void>();
  readonly buried = Promise.withResolvers<void>();
  diesAt = Number.POSITIVE_INFINITY;
  /** Whether the write at which it dies is done. */
  done = false;

  async #write<T>(write: () => Promise<T>): Promise<T> {
    this.writes += 1;
    if (this.writes === this.diesAt && this.done) await write();
    if (this.writes < this.diesAt) return write();
    this.died.resolve();
    await this.buried.promise;
    throw new Error("The connection was closed");
  }
  override put(...args: Parameters<RunCheckpointer["put"]>) {
    return this.#write(() => super.put(...args));
  }
  override putWrites(...args: Parameters<RunCheckpointer["putWrites"]>) {
    return this.#write(() => super.putWrites(...args));
  }
}

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
  assert.ok(counting.writes > 5, `${counting.writes} writes`);

  for (let diesAt = 1; diesAt <= counting.writes; diesAt++)
    for (const done of [false, true]) {
      const what = `dies ${done ? "after" : "before"} write ${diesAt}`;
      const checkpointer = Object.assign(new DyingCheckpointer(hand.sql), { diesAt, done });
      const run = await hand.submit(what);
      const dead = hand.execute(run.id, hand.worker({ checkpointer }));
      await checkpointer.died.promise;
      await hand.buryWorker(run);
      const ended = await hand.execute(run.id, hand.worker());
      assert.equal(ended.status, "completed", `${what}: ${ended.error?.message}`);
      assert.equal(ended.answer, "noted #1, #2, #3", what);
      assert.equal(ended.attempt, 2);
      checkpointer.buried.resolve();
      await dead;
    }
});
