import type { Query } from "#db/client.ts";
import type { Memory } from "#db/schema/memories.ts";
import { RefusedError } from "../errors.ts";
import type { Actor } from "../events.ts";
import { newId } from "../ids.ts";
import { clean } from "../text.ts";

export type { Memory };

export type NewMemory = {
  owner: Actor;
  kind: Memory["kind"];
  text: string;
  source: string;
  author: Actor;
};

/** Keeps something about a user. The same text again is the same memory, with a new time. */
export async function remember(sql: Query, memory: NewMemory): Promise<Memory> {
  const text = clean(memory.text).trim();
  if (text === "")
    throw new RefusedError("invalid", "There is nothing to remember", {
      fields: [{ path: "/text", message: "should not be empty" }],
    });
  const [again] = await sql<Memory[]>`
    update memories set updated_at = now() where owner = ${memory.owner} and text = ${text} returning *`;
  if (again) return again;
  const [made] = await sql<Memory[]>`
    insert into memories (id, owner, kind, text, source, author)
    values (${newId("memory")}, ${memory.owner}, ${memory.kind}, ${text}, ${memory.source}, ${memory.author}) returning *`;
  if (!made) throw new Error("The memory was not stored");
  return made;
}

/** A user's memories, newest first; with `query`, those that hold one of its words. Only ever of this one owner. */
export async function recall(sql: Query, owner: Actor, query = "", limit = 100): Promise<Memory[]> {
  const words = wordsOf(query);
  const hits =
    words.length === 0
      ? sql`true`
      : sql`exists (select from unnest(${words}::text[]) w where strpos(lower(text), w) > 0)`;
  return sql<Memory[]>`
    select * from memories where owner = ${owner} and ${hits} order by updated_at desc limit ${limit}`;
}

/** Deletes one. RefusedError not_found where there is none of this owner. */
export async function forget(sql: Query, owner: Actor, id: string): Promise<void> {
  const gone = await sql`delete from memories where owner = ${owner} and id = ${id}`;
  if (gone.count === 0) throw new RefusedError("not_found", `There is no memory ${id}`);
}

const WORDS = new Intl.Segmenter("zh", { granularity: "word" });

/** Chinese has no spaces between words, so they are found by the runtime's dictionary. */
function wordsOf(query: string): string[] {
  if (query === "") return [];
  return [...WORDS.segment(query.toLowerCase())].flatMap((segment) =>
    segment.isWordLike && segment.segment.length > 1 ? [segment.segment] : [],
  );
}
