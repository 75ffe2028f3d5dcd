import { RunCheckpointer } from "#db/checkpointer.ts";
import type { Sql } from "#db/client.ts";

/** A write of a run's checkpointer; `n` counts from 1, `source` is LangGraph's: `input`, `loop` or `update`. */
export type Write = { n: number; kind: "put" | "putWrites"; source?: string };

/**
 * A checkpointer whose process dies at one of its writes: nothing that it is asked to do from then on is done, nor
 * answered before it is buried.
 */
export class DyingCheckpointer extends RunCheckpointer {
  count = 0;
  #dead = false;
  #isDeadly: (write: Write) => boolean = () => false;
  #isDone = false;
  readonly #death = Promise.withResolvers<void>();
  readonly #burial = Promise.withResolvers<void>();
  /** Resolves when it has died. */
  readonly died = this.#death.promise;

  constructor(sql: Sql) {
    super(sql);
  }

  /** `isDone`: the write at which it dies is done, and only its answer is lost. */
  dieAt(isDeadly: (write: Write) => boolean, { isDone = false } = {}): this {
    this.#isDeadly = isDeadly;
    this.#isDone = isDone;
    return this;
  }

  bury(): void {
    this.#burial.resolve();
  }

  override put(...args: Parameters<RunCheckpointer["put"]>) {
    const [, , { source }] = args;
    return this.#write({ kind: "put", source }, () => super.put(...args));
  }

  override putWrites(...args: Parameters<RunCheckpointer["putWrites"]>) {
    return this.#write({ kind: "putWrites" }, () => super.putWrites(...args));
  }

  async #write<T>(write: Omit<Write, "n">, act: () => Promise<T>): Promise<T> {
    const isDeadly = !this.#dead && this.#isDeadly({ ...write, n: ++this.count });
    if (!this.#dead && (!isDeadly || this.#isDone)) {
      const done = await act();
      if (!isDeadly) return done;
    }
    this.#dead = true;
    this.#death.resolve();
    await this.#burial.promise;
    throw new Error("The process is dead");
  }
}
