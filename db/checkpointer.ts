import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointTuple,
  copyCheckpoint,
  type PendingWrite,
  WRITES_IDX_MAP,
} from "@langchain/langgraph-checkpoint";
import { LeaseLostError } from "../src/errors.ts";
import type { Sql } from "./client.ts";
import { HeldWrites, type WriteRow } from "./held-writes.ts";
import { decode, encode } from "./message-serde.ts";

/**
 * LangGraph's memory of a run under way: the newest checkpoint only, one statement per put.
 *
 * A run never goes back, so an older checkpoint has no reader: each put overwrites the row and deletes the
 * writes that it has taken in. Every write carries the fence of the run's lease (`configurable.lease`,
 * `configurable.fence`) and throws LeaseLostError where another worker has taken over.
 * `configurable.thread_id` is the run's id.
 *
 * With `configurable.held` (HeldWrites) an execution writes only what it could not have again: not the checkpoints
 * before the first model call, which hold nothing but the input, and not results that the next checkpoint takes in
 * at once. Not for time travel, forks or DeltaChannel.
 */
export class RunCheckpointer extends BaseCheckpointSaver<number> {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    super();
    this.#sql = sql;
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const { threadId, ns, held } = keys(config);
    if (held?.fresh) return undefined;
    const [row] = await this.#sql<CheckpointRow[]>`
      select checkpoint_id, parent_id, body, metadata,
        (select json_agg(json_build_array(task_id, channel, body) order by task_id, idx)
           from checkpoint_writes w
          where w.thread_id = c.thread_id and w.ns = c.ns and w.checkpoint_id = c.checkpoint_id) as writes
      from checkpoints c where thread_id = ${threadId} and ns = ${ns}`;
    if (!row) return undefined;
    const at = (checkpoint_id: string) => ({
      configurable: {
        ...config.configurable,
        thread_id: threadId,
        checkpoint_ns: ns,
        checkpoint_id,
      },
    });
    return {
      config: at(row.checkpointId),
      checkpoint: decode(row.body) as Checkpoint,
      metadata: JSON.parse(row.metadata) as CheckpointMetadata,
      ...(row.parentId !== null && { parentConfig: at(row.parentId) }),
      pendingWrites: (row.writes ?? []).map(([taskId, channel, body]) => [
        taskId,
        channel,
        decode(body),
      ]),
    };
  }

  override async *list(config: RunnableConfig): AsyncGenerator<CheckpointTuple> {
    const newest = await this.getTuple(config);
    if (newest) yield newest;
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    _newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const { threadId, ns, lease, fence, held } = keys(config);
    const placed = {
      configurable: { ...config.configurable, checkpoint_ns: ns, checkpoint_id: checkpoint.id },
    };
    if (metadata.step < 1 && held) {
      held.unstored.add(checkpoint.id);
      return placed;
    }
    held?.drop(checkpoint.id);
    if (held) held.fresh = false;
    const parent = (config.configurable?.checkpoint_id as string | undefined) ?? null;
    const body = encode(copyCheckpoint(checkpoint));
    const rows = await this.#sql`
      with held as (select 1 from leases where name = ${lease} and fence = ${fence} and expires_at > clock_timestamp() for share),
        taken as (delete from checkpoint_writes
          where thread_id = ${threadId} and ns = ${ns} and checkpoint_id < ${checkpoint.id} and exists (select from held))
      insert into checkpoints (thread_id, ns, checkpoint_id, parent_id, body, metadata)
      select ${threadId}, ${ns}, ${checkpoint.id}, ${parent}, ${body}, ${JSON.stringify({ source: metadata.source, step: metadata.step, parents: metadata.parents })} from held
      on conflict (thread_id, ns) do update set checkpoint_id = excluded.checkpoint_id,
        parent_id = excluded.parent_id, body = excluded.body, metadata = excluded.metadata
      returning 1`;
    if (rows.length === 0) throw lost(threadId);
    return placed;
  }

  override async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
  ): Promise<void> {
    const { held } = keys(config);
    const checkpointId = config.configurable?.checkpoint_id as string;
    const rows = writes.map(([channel, value], index) => ({
      taskId,
      idx: WRITES_IDX_MAP[channel] ?? index,
      channel,
      body: encode(value),
    }));
    if (!held) return this.#store(config, rows);
    if (held.unstored.has(checkpointId)) return;
    // A lost lease shows at the next put; a database that is away leaves the results to be had again.
    const flush = () => void this.#store(config, held.take()).catch(() => {});
    await this.#store(config, held.add(checkpointId, rows, flush));
  }

  async #store(config: RunnableConfig, rows: WriteRow[]): Promise<void> {
    if (rows.length === 0) return;
    const { threadId, ns, lease, fence } = keys(config);
    const checkpointId = config.configurable?.checkpoint_id as string;
    // What a newer checkpoint has taken in comes too late to count. Results are kept as they came first; interrupts and errors (negative indexes) as they are now.
    const done = await this.#sql`
      with held as (select 1 from leases where name = ${lease} and fence = ${fence} and expires_at > clock_timestamp() for share),
        added as (insert into checkpoint_writes as c (thread_id, ns, checkpoint_id, task_id, idx, channel, body)
          select ${threadId}, ${ns}, ${checkpointId}, w.* from held,
            unnest(${rows.map((r) => r.taskId)}::text[], ${rows.map((r) => r.idx)}::int[],
              ${rows.map((r) => r.channel)}::text[], ${rows.map((r) => r.body)}::text[]) w
          where not exists (select from checkpoints n
            where n.thread_id = ${threadId} and n.ns = ${ns} and n.checkpoint_id > ${checkpointId})
          on conflict (thread_id, ns, checkpoint_id, task_id, idx)
          do update set channel = excluded.channel, body = excluded.body where c.idx < 0)
      select from held`;
    if (done.length === 0) throw lost(threadId);
  }

  override async deleteThread(threadId: string): Promise<void> {
    await this.#sql`with w as (delete from checkpoint_writes where thread_id = ${threadId})
      delete from checkpoints where thread_id = ${threadId}`;
  }
}

type CheckpointRow = {
  checkpointId: string;
  parentId: string | null;
  body: string;
  metadata: string;
  writes: [taskId: string, channel: string, body: string][] | null;
};

function keys(config: RunnableConfig) {
  const {
    thread_id,
    checkpoint_ns = "",
    lease = null,
    fence = null,
    held,
  } = config.configurable ?? {};
  if (typeof thread_id !== "string")
    throw new TypeError("configurable.thread_id must be the run's id");
  return {
    threadId: thread_id,
    ns: checkpoint_ns as string,
    lease: lease as string,
    fence: fence as number,
    held: held instanceof HeldWrites ? held : undefined,
  };
}

function lost(threadId: string): LeaseLostError {
  return new LeaseLostError(
    `Cannot write a checkpoint of ${threadId}: another worker has taken over`,
  );
}
