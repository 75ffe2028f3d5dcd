import {
  type Job as BullJob,
  type Queue as BullQueue,
  type IQueueBackend,
  WaitingError,
  type Worker,
  type WorkerOptions,
} from "bullmq";
import { clean } from "../text.ts";
import { settlesWithin, within } from "./deadline.ts";
import type { Job, Queue, Working, WorkOptions } from "./queue.ts";

type Data = Record<string, unknown>;
type Processor = (job: BullJob<Data>, token: string | undefined) => Promise<void>;
type SharedWorkerOptions = Omit<WorkerOptions, "connection">;

// biome-ignore-start lint/suspicious/noExplicitAny: BullMQ's own parameters; only the back end is any's.
type BullWorker = Worker<Data, void, string, IQueueBackend, any, any>;
type AnyBullQueue = BullQueue<any, any, string, any, any, string, IQueueBackend, any>;
// biome-ignore-end lint/suspicious/noExplicitAny: .

/** What differs between the back ends. */
export type BullParts = {
  queue: AnyBullQueue;
  openWorker(process: Processor, options: SharedWorkerOptions): BullWorker;
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
  const running = new Set<Promise<void>>();
  let drained: Promise<void> | undefined;

  async function run(job: Job): Promise<void> {
    try {
      await handler(job, deadline.signal);
    } catch (error) {
      onError(error);
    }
  }
  const worker = parts.openWorker(
    async (job, token) => {
      if (drained !== undefined) await giveBack(job, token);
      const ran = run({ id: job.id ?? "", data: job.data });
      running.add(ran);
      await ran;
      running.delete(ran);
    },
    { concurrency, ...recovery },
  );
  let told = ""; // an outage is one error, however often BullMQ tries again
  worker.on("active", () => {
    told = "";
  });
  worker.on("error", (error) => {
    if (error.message !== told) onError(error);
    told = error.message;
  });
  await within(10_000, "The queue's back end", worker.waitUntilReady());

  async function drain(timeoutMs: number): Promise<void> {
    await worker.pause(true);
    const ended = Promise.all(running);
    if (!(await settlesWithin(timeoutMs, ended))) {
      deadline.abort(new Error("The worker is stopping"));
      await settlesWithin(1000, ended);
    }
    if (running.size === 0 && (await answers(parts))) await settlesWithin(2000, worker.close());
    else await forceClose(worker);
  }
  const drainOnce = (timeoutMs: number) => {
    drained ??= drain(timeoutMs);
    return drained;
  };
  return { drain: drainOnce, [Symbol.asyncDispose]: () => drainOnce(0) };
}

const answers = (parts: BullParts) =>
  within(1000, "The queue's back end", parts.ping()).then(
    () => true,
    () => false,
  );

/** Without the back end, or with a job that does not end, BullMQ would wait for ever. */
async function forceClose(worker: BullWorker): Promise<void> {
  await settlesWithin(1000, worker.getBackend().disconnectBlocking(false));
  await settlesWithin(1000, worker.close(true));
}

/** A job that was on its way when drain() began. */
async function giveBack(job: BullJob<Data>, token: string | undefined): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}
