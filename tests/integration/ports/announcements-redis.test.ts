import { test } from "node:test";
import { Redis } from "ioredis";
import { openAnnouncements } from "#src/ports/announcements.ts";
import { eventually } from "#tests/support/eventually.ts";
import { ownRedis } from "#tests/support/redis.ts";
import { forkProgram, testAnnouncements } from "./announcements.conformance.ts";
import { redisBackend } from "./backends.ts";

testAnnouncements("Redis", redisBackend);

test("announcements on Redis: what a publisher could not send is a gap for the others", async () => {
  await using redis = await ownRedis();
  const given = { redisUrl: redis.url };
  await using here = await openAnnouncements(given);
  await using there = await forkProgram(given);
  const admin = new Redis(redis.url);
  await eventually("the other process was told", async () => {
    await admin.call("CLIENT", "KILL", "TYPE", "normal"); // those that publish: the subscribers stay
    for (let n = 0; n < 100; n++) here.publish("run_a", { n });
    return there.gaps() > 0;
  });
  admin.disconnect();
});
