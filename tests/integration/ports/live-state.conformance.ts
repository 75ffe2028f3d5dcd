import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type LiveState, openLiveState } from "#src/ports/live-state.ts";
import { eventually } from "#tests/support/eventually.ts";
import type { TestBackend } from "./backends.ts";

const HOUR = 3_600_000;

/** What live state does, whatever it stands on. */
export function testLiveState(name: string, openBackend: () => Promise<TestBackend>): void {
  const behaviour = (
    words: string,
    body: (state: LiveState, backend: TestBackend) => Promise<void>,
  ) =>
    test(`live state on ${name}: ${words}`, async () => {
      await using backend = await openBackend();
      await using state = await openLiveState(backend.withPool);
      await body(state, backend);
    });

  behaviour("keeps what JSON can hold", async (state) => {
    for (const value of [{ a: [1, "二", null] }, [], "", 0, false, null]) {
      await state.set("key", value, HOUR);
      assert.deepEqual(await state.get("key"), value);
    }
    assert.equal(await state.get("another key"), undefined);
  });

  behaviour("keeps NUL and lone surrogates in values, replaces them in keys", async (state) => {
    await state.set("k\u0000\ud800", { text: "a\u0000b\ud800" }, HOUR);
    assert.deepEqual(await state.get("k\u0000\ud800"), { text: "a\u0000b\ud800" });
    assert.deepEqual(await state.get("k\u2400\ufffd"), { text: "a\u0000b\ud800" });
  });

  behaviour("deletes", async (state) => {
    await state.set("key", 1, HOUR);
    await state.delete("key");
    await state.delete("key");
    assert.equal(await state.get("key"), undefined);
  });

  behaviour("forgets what has expired", async (state) => {
    await state.set("key", 1, HOUR);
    await state.set("key", 2, 20);
    await eventually("it is gone", async () => (await state.get("key")) === undefined);
    assert.equal(await state.touchIf("key", 2, HOUR), false);
    assert.equal(await state.deleteIf("key", 2), false);
    assert.equal(await state.add("key", 3, HOUR), true);
    assert.equal(await state.get("key"), 3);
  });

  behaviour("a fraction of a millisecond is a lifetime", async (state) => {
    await state.set("key", 1, 3_600_000.5);
    assert.equal(await state.touchIf("key", 1, 0.5), true);
    await eventually("it is gone", async () => (await state.get("key")) === undefined);
  });

  behaviour("add() sets only where no live value is", async (state) => {
    assert.equal(await state.add("key", 1, HOUR), true);
    assert.equal(await state.add("key", 2, HOUR), false);
    assert.equal(await state.get("key"), 1);
  });

  behaviour(
    "of 50 claims at once one wins, also where a value has expired",
    async (state, backend) => {
      await using second = await openLiveState(backend.withPool);
      for (let round = 0; round < 10; round++) {
        const key = `claim ${round}`;
        if (round % 2) {
          await state.set(key, "expired", 1);
          await eventually("it expired", async () => (await state.get(key)) === undefined);
        }
        const claims = Array.from({ length: 50 }, (_, claimant) =>
          (claimant % 2 ? state : second).add(key, claimant, HOUR),
        );
        const winners = [...(await Promise.all(claims)).entries()].filter(([, won]) => won);
        assert.deepEqual(winners, [[await state.get(key), true]]);
      }
    },
  );

  behaviour("touchIf() and deleteIf() act on the holder's value only", async (state) => {
    await state.set("lock", { holder: "me" }, HOUR);
    assert.equal(await state.touchIf("lock", { holder: "you" }, HOUR), false);
    assert.equal(await state.deleteIf("lock", { holder: "you" }), false);
    assert.equal(await state.deleteIf("no lock", { holder: "me" }), false);
    assert.equal(await state.touchIf("lock", { holder: "me" }, 20), true);
    await eventually("it expired", async () => (await state.get("lock")) === undefined);
    await state.set("lock", { holder: "me" }, HOUR);
    assert.equal(await state.deleteIf("lock", { holder: "me" }), true);
    assert.equal(await state.get("lock"), undefined);
  });

  behaviour("touchIf() keeps a value alive", async (state) => {
    await state.set("lock", "mine", 1000);
    for (let times = 0; times < 6; times++) {
      await delay(200);
      assert.equal(await state.touchIf("lock", "mine", 1000), true);
    }
  });

  behaviour("goes on after its connections were cut", async (state, backend) => {
    await backend.interrupt();
    await eventually("it is back", () => state.set("key", 1, HOUR));
    assert.equal(await state.get("key"), 1);
    await state.ping();
  });

  behaviour(
    "rejects, and lets the process live, when the back end is gone",
    async (state, backend) => {
      await state.ping();
      await backend.remove();
      await assert.rejects(state.ping());
      await assert.rejects(state.get("key"));
      await assert.rejects(state.add("key", 1, HOUR));
    },
  );
}
