import type { Conversation } from "./conversation.ts";

/** What is remembered about the user, numbered. */
export async function listMemories({ client, screen, words, user }: Conversation): Promise<void> {
  const { data } = await client.memories({ user_id: user });
  if (data.length === 0) return screen.say(words.noMemories, "faint");
  const lines = data.map((memory, i) => `${i + 1}. ${memory.text}`);
  screen.say([words.memories, ...lines].join("\n"));
}

export async function addMemory(
  { client, screen, words, user }: Conversation,
  text: string,
): Promise<void> {
  const memory = await client.createMemory({ user_id: user, text });
  screen.say(words.remembered(memory.text), "good");
}

/** `which` is a number of the list, or an id. */
export async function forgetMemory(
  { client, screen, words, user }: Conversation,
  which: string,
): Promise<void> {
  const { data } = await client.memories({ user_id: user });
  const memory = data.find((one, i) => one.id === which || String(i + 1) === which);
  if (!memory) return screen.say(words.noSuchMemory(which), "warning");
  await client.deleteMemory(memory.id, user);
  screen.say(words.forgotten(memory.text), "good");
}
