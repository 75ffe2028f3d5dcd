import { originalClient } from "#tests/support/original-client.ts";

/**
 * The original's client in a process that can be killed: `original-client-program.ts <url> <user> [<session> <query>]`.
 * With a query it sends it as task `<session>-1`. Then, as after its own death, it logs in by its user id alone: the
 * active session, its newest task, and how that stands, a JSON line for each state until something waits or is done.
 */
const [url = "", user = "", session, query] = process.argv.slice(2);
const client = originalClient(url, user);
if (session !== undefined && query !== undefined)
  await client.invoke(session, `${session}-1`, query);

const active = await client.activeSession();
const task = (await client.tasks(active)).at(-1) ?? "";
for (let last = ""; ; ) {
  const standing = await client.status(active, task);
  if (standing.status !== last) process.stdout.write(`${JSON.stringify(standing)}\n`);
  last = standing.status;
  // It stays at the prompt, as a person would find it, until it is killed.
  await new Promise((resolve) => setTimeout(resolve, 40));
}
