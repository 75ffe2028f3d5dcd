import { Queue as BullQueue, Worker } from "bullmq";
import type { Queue } from "./queue.ts";
import { jobOptions, queueOver, streams } from "./queue-bullmq.ts";
import { connectRedis, reconnecting } from "./redis-connection.ts";

export async function openRedisQueue(name: string, url: string): Promise<Queue> {
  const connection = await connectRedis(url);
  const queue = new BullQueue(name, { connection, streams, defaultJobOptions: jobOptions });
  return queueOver(name, {
    queue,
    // Connections of its own: unlike `add`, a worker waits for Redis to come back.
    openWorker: (process, options) =>
      new Worker(name, process, {
        ...options,
        connection: { url, ...reconnecting },
        drainDelay: 5, // seconds that one blocking read lasts
      }),
    async ping() {
      await connection.ping();
    },
    async close() {
      connection.disconnect();
    },
  });
}
