/** A task's result on its way into `checkpoint_writes`. */
export type WriteRow = { taskId: string; idx: number; channel: string; body: string };

/** How long the result of a task waits for the rest of its superstep before it is written by itself. */
const WAIT_MS = 200;

/**
 * What one execution of a run holds back from the database.
 *
 * A superstep of one task is over as soon as its task is, and the next checkpoint takes its result in: to write the
 * result as well, a moment before, only costs a commit. So results wait until something makes them count: a sibling
 * that parks, or `WAIT_MS` in which siblings go on. A crash before that runs tools again that bear it; for those that
 * do not, the ledger has the result.
 */
export class HeldWrites {
  /** Checkpoints before the first model call, which hold nothing but the input. */
  readonly unstored = new Set<string>();
  /** Nothing is stored for this run yet, so there is nothing to look for. */
  fresh: boolean;
  #checkpointId = "";
  #rows: WriteRow[] = [];
  #writing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(fresh: boolean) {
    this.fresh = fresh;
  }

  /** What is to be written now, with this: nothing yet, or all that was held. */
  add(checkpointId: string, rows: WriteRow[], flush: () => void): WriteRow[] {
    if (checkpointId !== this.#checkpointId) this.drop(checkpointId);
    if (rows.some((row) => row.idx < 0)) this.#writing = true;
    if (this.#writing) return [...this.take(), ...rows];
    this.#rows.push(...rows);
    this.#timer ??= setTimeout(() => {
      this.#writing = true;
      flush();
    }, WAIT_MS);
    return [];
  }

  take(): WriteRow[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#rows.splice(0);
  }

  /** A new checkpoint has taken in what was held for the one before. */
  drop(checkpointId: string): void {
    this.take();
    this.#writing = false;
    this.#checkpointId = checkpointId;
  }
}
