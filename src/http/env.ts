import type { Caller } from "./caller.ts";

/** What the middlewares leave for the handlers. */
export type Env = { Variables: { caller: Caller; requestId: string } };
