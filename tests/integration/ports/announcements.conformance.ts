import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { type Announcements, openAnnouncements } from "#src/ports/announcements.ts";
import { eventually } from "#tests/support/eventually.ts";
import type { FromProgram, ToProgram } from "./announcing-program.ts";
import type { TestBackend } from "./backends.ts";

type Message = Record<string, unknown>;

/** Another process that subscribes and publishes on the same back end. */
export async function forkProgram(given: TestBackend["given"]) {
  const child = fork(join(import.meta.dirname, "announcing-program.ts"), [JSON.stringify(given)]);
  const heard: [string, Message][] = [];
  let gaps = 0;
  child.on("message", (news: FromProgram) => {
    if ("heard" in news) heard.push(news.heard);
    if ("gap" in news) gaps++;
  });
  await once(child, "message");
  const send = (asked: ToProgram) => child.send(asked);
  return {
    heard,
    gaps: () => gaps,
    publish: (topic: string, ...messages: Message[]) => send({ publish: { topic, messages } }),
    async subscribe(topic: string) {
      send({ subscribe: topic });
      await once(child, "message");
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

/** Subscribes, and collects what comes. */
async function listenTo(announcements: Announcements, topic: string): Promise<Message[]> {
  const heard: Message[] = [];
  await announcements.subscribe(topic, (message) => void heard.push(message)).ready;
  return heard;
}

const numbered = (count: number): Message[] => Array.from({ length: count }, (_, n) => ({ n }));

/** What announcements do, whatever they stand on. */
export function testAnnouncements(name: string, openBackend: () => Promise<TestBackend>): void {
  const behaviour = (
    words: string,
    body: (announcements: Announcements, backend: TestBackend) => Promise<void>,
  ) =>
    test(`announcements on ${name}: ${words}`, async () => {
      await using backend = await openBackend();
      await using announcements = await openAnnouncements(backend.given);
      await body(announcements, backend);
    });

  behaviour("reach another process, and come back from it", async (here, backend) => {
    await using there = await forkProgram(backend.given);
    await there.subscribe("run_a");
    const heard = await listenTo(here, "run_b");
    here.publish("run_a", { seq: 1, text: "二" });
    there.publish("run_b", { seq: 2, list: [null] });
    await eventually("both arrived", () => there.heard.length > 0 && heard.length > 0);
    assert.deepEqual(there.heard, [["run_a", { seq: 1, text: "二" }]]);
    assert.deepEqual(heard, [{ seq: 2, list: [null] }]);
  });

  behaviour(
    "reach subscribers of the same process at once, and only once",
    async (here, backend) => {
      await using there = await forkProgram(backend.given);
      await there.subscribe("end");
      const [first, second] = [await listenTo(here, "run_a"), await listenTo(here, "run_a")];
      const other = await listenTo(here, "run_b");
      here.publish("run_a", { seq: 1 });
      assert.deepEqual(first, []);
      await Promise.resolve();
      assert.deepEqual([first, second, other], [[{ seq: 1 }], [{ seq: 1 }], []]);
      here.publish("end", {});
      await eventually("the other process heard the end", () => there.heard.length > 0);
      const back = await listenTo(here, "back");
      there.publish("back", {});
      await eventually("everything before has come round", () => back.length > 0);
      assert.deepEqual([first.length, second.length], [1, 1]);
    },
  );

  behaviour("keep the order of a publisher within a topic", async (here, backend) => {
    await using there = await forkProgram(backend.given);
    await using third = await forkProgram(backend.given);
    await there.subscribe("run_a");
    const heard = await listenTo(here, "run_b");
    there.publish("run_b", ...numbered(3000));
    third.publish("run_c", ...numbered(1000));
    for (const message of numbered(3000)) here.publish("run_a", message);
    await eventually("all arrived", () => there.heard.length === 3000 && heard.length === 3000);
    assert.deepEqual(
      there.heard.map(([, message]) => message),
      numbered(3000),
    );
    assert.deepEqual(heard, numbered(3000));
  });

  behaviour("are not heard after the subscription was disposed of", async (here, backend) => {
    await using there = await forkProgram(backend.given);
    const heard: string[] = [];
    const staying = here.subscribe("run_a", () => heard.push("staying"));
    const leaving = here.subscribe("run_a", () => heard.push("leaving"));
    await Promise.all([staying.ready, leaving.ready]);
    leaving[Symbol.dispose]();
    leaving[Symbol.dispose]();
    there.publish("run_a", {});
    await eventually("it arrived", () => heard.length > 0);
    staying[Symbol.dispose]();
    const again = here.subscribe("run_a", () => heard.push("again"));
    await again.ready;
    there.publish("run_a", {});
    await eventually("it arrived again", () => heard.length > 1);
    assert.deepEqual(heard, ["staying", "again"]);
  });

  behaviour("carry NUL, lone surrogates and odd topics as they are", async (here, backend) => {
    await using there = await forkProgram(backend.given);
    const topics = ["", "*", "a b:c", "\u0000", "\ud800", "'; drop table runs; --"];
    for (const topic of topics) await there.subscribe(topic);
    for (const topic of topics) here.publish(topic, { topic, text: "\u0000\ud800\udc00\udc00" });
    await eventually("all arrived", () => there.heard.length === topics.length);
    assert.deepEqual(
      there.heard,
      topics.map((topic) => [topic, { topic, text: "\u0000\ud800\udc00\udc00" }]),
    );
  });

  behaviour("stay in order when some are large", async (here, backend) => {
    await using there = await forkProgram(backend.given);
    await there.subscribe("run_a");
    const sizes = [1, 7000, 7000, 5, 100_000, 3000, 3000, 3000, 2];
    for (const [n, size] of sizes.entries())
      here.publish("run_a", { n, text: "é".repeat(size / 2) });
    await eventually("all arrived", () => there.heard.length === sizes.length);
    for (const [n, [, message]] of there.heard.entries())
      assert.ok(
        message.n === n || (n === 4 && message.truncated),
        `message ${n} came as ${message.n}`,
      );
  });

  behaviour("a message that JSON can't hold does no harm", async (here, backend) => {
    await using there = await forkProgram(backend.given);
    await there.subscribe("run_a");
    here.publish("run_a", { n: 1n });
    here.publish("run_a", { n: 2 });
    await eventually("both arrived", () => there.heard.length === 2);
    assert.deepEqual(there.heard, [
      ["run_a", { truncated: true }],
      ["run_a", { n: 2 }],
    ]);
  });

  behaviour("a listener that throws is a warning, and the others are called", async (here) => {
    const failing = here.subscribe("run_a", () => {
      throw new Error("This listener fails");
    });
    await failing.ready;
    const heard = await listenTo(here, "run_a");
    const warned = once(process, "warning");
    here.publish("run_a", {});
    const [warning] = await warned;
    assert.equal(warning.message, "This listener fails");
    assert.equal(heard.length, 1);
  });

  behaviour("tell of a gap once a lost connection is back, and go on", async (here, backend) => {
    await using there = await forkProgram(backend.given);
    await there.subscribe("run_a");
    const heard = await listenTo(here, "run_b");
    for (let round = 1; round <= 3; round++) {
      let gaps = 0;
      using _ = here.onGap(() => gaps++);
      const before = there.gaps();
      await backend.interrupt();
      await eventually("both know", () => gaps > 0 && there.gaps() > before);
      await eventually("messages arrive again", () => {
        here.publish("run_a", { round });
        there.publish("run_b", { round });
        return (
          there.heard.some(([, message]) => message.round === round) &&
          heard.some((message) => message.round === round)
        );
      });
    }
    await here.ping();
  });

  behaviour(
    "never throw, and let the process live, when the back end is gone",
    async (here, backend) => {
      const heard = await listenTo(here, "run_a");
      await here.ping();
      await backend.remove();
      await assert.rejects(here.ping());
      here.publish("run_a", { n: 1 });
      await Promise.resolve();
      assert.deepEqual(heard, [{ n: 1 }]);
      const late = here.subscribe("run_b", () => {});
      late[Symbol.dispose]();
    },
  );
}
