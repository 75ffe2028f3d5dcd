import { integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";

/** The newest LangGraph checkpoint of a run that has not ended; older ones are overwritten, all are deleted at its end. */
export const checkpoints = pgTable(
  "checkpoints",
  {
    threadId: text("thread_id").notNull(),
    ns: text().notNull(),
    checkpointId: text("checkpoint_id").notNull(),
    parentId: text("parent_id"),
    body: text().notNull(),
    metadata: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.threadId, t.ns] })],
);

/** Results of a superstep's tasks that are in before the superstep is. */
export const checkpointWrites = pgTable(
  "checkpoint_writes",
  {
    threadId: text("thread_id").notNull(),
    ns: text().notNull(),
    checkpointId: text("checkpoint_id").notNull(),
    taskId: text("task_id").notNull(),
    idx: integer().notNull(),
    channel: text().notNull(),
    body: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.threadId, t.ns, t.checkpointId, t.taskId, t.idx] })],
);
