import type {
  Job as BullJob,
  Queue as BullQueue,
  IQueueBackend,
  Worker,
  WorkerOptions,
} from "bullmq";
import { clean } from "../text.ts";
import { settlesWithin, within } from "./deadline.ts";
import type { Job, Queue, Working, WorkOptions } from "./queue.ts";

type Data = Record<string, unknown>;
export type Processor = (job: BullJob<Data>) => Promise<void>;
export type SharedWorkerOptions = Omit<WorkerOptions, "connection">;

/** What differs between the back ends. */
export type BullParts = {
  // biome-ignore lint/suspicious/noExplicitAny: BullMQ's own parameters; what matters is the back end.
  queue: BullQueue<any, any, string, any, any, string, IQueueBackend, any>;
  openWorker(
    process: Processor,
    options: SharedWorkerOptions,
    // biome-ignore lint/suspicious/noExplicitAny: as above
  ): Worker<Data, void, string, IQueueBackend, any, any>;
  ping(): Promise<void>;
  /** Closes what BullMQ was handed: connections and pools. */
  close(): Promise<void>;
};

/** A finished job leaves nothing, so that its id may come again. */
export const jobOptions = { removeOnComplete: true, removeOnFail: true } as const;

/** Nobody reads BullMQ's events (on PostgreSQL some would be lost): its log of them is kept short. */
export const streams = { events: { maxLen: 100 } };

/** Every job is taken up again from our own rows, so that a worker's death may be noticed late here. */
const recovery = { lockDuration: 60_000, stalledInterval: 60_000, runRetryDelay: 1000 };

export function queueOver(name: string, parts: BullParts): Queue {
  const { queue } = parts;
  const workings = new Set<Working>();
  queue.on("error", () => {}); // what goes wrong is told by the call that it fails
  const toBull = (job: Job) => ({
    name,
    data: clean(job.data),
    opts: { jobId: job.id, ...(job.delayMs ? { delay: job.delayMs } : {}) },
  });
  return {
    name,
    async add(job) {
      const { data, opts } = toBull(job);
      await queue.add(name, data, opts);
    },
    async addAll(jobs) {
      if (jobs.length > 0) await queue.addBulk(jobs.map(toBull));
    },
    async work(handler, options) {
      const working = await startWorking(parts, handler, options);
      workings.add(working);
      return working;
    },
    async counts() {
      const {
        waiting = 0,
        active = 0,
        delayed = 0,
      } = await queue.getJobCounts("waiting", "active", "delayed");
      return { waiting, active, delayed };
    },
    ping: () => within(2000, `Queue "${name}"`, parts.ping()),
    async [Symbol.asyncDispose]() {
      await Promise.all([...workings].map((working) => working.drain(0)));
      await settlesWithin(1000, queue.close());
      await parts.close();
    },
  };
}

async function startWorking(
  parts: BullParts,
  handler: (job: Job, signal: AbortSignal) => Promise<void>,
  { concurrency, onError }: WorkOptions,
): Promise<Working> {
  const deadline = new AbortController();
  async function process(job: BullJob<Data>): Promise<void> {
    try {
      await handler({ id: job.id ?? "", data: job.data }, deadline.signal);
    } catch (error) {
      onError(error);
    }
  }
  const worker = parts.openWorker(process, { concurrency, ...recovery });
  worker.on("error", onError);
  await worker.waitUntilReady();
  let drained: Promise<void> | undefined;
  async function drain(timeoutMs: number): Promise<void> {
    const closed = worker.close();
    if (await settlesWithin(timeoutMs, closed)) return;
    deadline.abort(new Error("The worker is shutting down"));
    if (await settlesWithin(1000, closed)) return;
    await settlesWithin(1000, worker.disconnect());
  }
  const drainOnce = (timeoutMs: number) => {
    drained ??= drain(timeoutMs);
    return drained;
  };
  return { drain: drainOnce, [Symbol.asyncDispose]: () => drainOnce(0) };
}
