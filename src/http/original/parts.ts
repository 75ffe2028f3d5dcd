import { z } from "zod";
import { key, text } from "../../api.ts";
import { MAX_INPUT } from "../../runs/submit.ts";
import { needs } from "../caller.ts";

/*
 * The original service's routes with their paths and field names, so that an existing client runs unchanged.
 * A session is found by (user, session) and a task by (user, session, task), never by one of them alone.
 */

export const tags = ["original"];
export const middleware = needs("runs");
export const ids = z.object({ user_id: key, session_id: key, task_id: key });
export const words = text
  .max(MAX_INPUT)
  .refine((given) => given.trim() !== "", "should not be empty");
export const done = z.object({ status: z.literal("success"), message: z.string() });
