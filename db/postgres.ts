import { registerHooks } from "node:module";

/*
 * postgres.js 3.4.9 does not survive a connection that is lost while statements are on their way: a timer writes to a
 * socket that is gone, which ends the process (porsager/postgres#1154, #1208); a timer that was cleared but not forgotten,
 * or a statement left in the connection's list, makes every later statement on that connection wait for ever. A
 * ROLLBACK after the loss is enough for each. The repairs are open upstream (#1168, #1209) and unreleased; these are
 * made as the module is loaded, and a version that they do not fit is refused.
 */
const REPAIRS: [was: string, is: string][] = [
  [
    "  function execute(q) {\n    if (terminated)",
    "  function execute(q) {\n    if (!socket)\n      return queryError(q, Errors.connection('CONNECTION_CLOSED', options)), true\n\n    if (terminated)",
  ],
  [
    "    clearImmediate(nextWriteTimer)\n    socket.removeListener('data', data)",
    "    clearImmediate(nextWriteTimer)\n    nextWriteTimer = chunk = null\n    socket.removeListener('data', data)",
  ],
  [
    "    !hadError && (query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))\n",
    "    if (query || sent.length) error(Errors.connection('CONNECTION_CLOSED', options, socket))\n    query = null\n",
  ],
];

let isRepaired = false;
const hooks = registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith("/postgres/src/connection.js")) return loaded;
    let source = String(loaded.source);
    for (const [was, is] of REPAIRS) {
      if (source.split(was).length !== 2)
        throw new Error(
          `postgres.js has changed: look whether db/postgres.ts is still needed\n${was}`,
        );
      source = source.replace(was, () => is);
    }
    isRepaired = true;
    return { ...loaded, source };
  },
});
const { default: postgres } = await import("postgres");
hooks.deregister();
if (!isRepaired) throw new Error("postgres.js was imported past db/postgres.ts");

export { postgres };
