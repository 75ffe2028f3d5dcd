import { openAnnouncements } from "#src/ports/announcements.ts";

/**
 * A process of its own, for tests to fork: `announcing-program.ts <back end as JSON>`. It does what its
 * parent sends it, and tells what it heard.
 */
export type ToProgram =
  | { subscribe: string }
  | { publish: { topic: string; messages: Record<string, unknown>[] } };
export type FromProgram =
  | { ready: true }
  | { heard: [topic: string, message: Record<string, unknown>] }
  | { gap: true };

const announcements = await openAnnouncements(JSON.parse(process.argv[2] ?? ""));
const tell = (news: FromProgram) => process.send?.(news, () => {}); // the parent may be gone

announcements.onGap(() => tell({ gap: true }));
process.on("message", async (asked: ToProgram) => {
  if ("publish" in asked) {
    for (const message of asked.publish.messages)
      announcements.publish(asked.publish.topic, message);
    return;
  }
  const topic = asked.subscribe;
  await announcements.subscribe(topic, (message) => tell({ heard: [topic, message] })).ready;
  tell({ ready: true });
});
process.once("disconnect", () => announcements[Symbol.asyncDispose]());
tell({ ready: true });
