import { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { key, problem, text } from "../../api.ts";
import type { Env } from "../env.ts";
import { invalidRequest } from "../problem.ts";

/** A router whose requests are checked: what is not right is refused by field. */
export function router(): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error as z.ZodError, result.target);
    },
  });
}

export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

export const body = <T extends z.ZodType>(schema: T) => ({
  body: { required: true as const, content: { "application/json": { schema } } },
});

const fault = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problem } },
});

/** Every route can answer these. */
export const faults = {
  401: fault("An API key is needed"),
  403: fault("The key may not do this"),
  404: fault("There is no such thing"),
  409: fault("It is not in a state for this"),
  422: fault("The request is not right, by field"),
  429: fault("Too many requests"),
} as const;

export const id = z.object({ id: text });
export const limit = z.coerce.number().int().min(1).max(200).default(50);
export const userQuery = key;
/** A sequence number, as PostgreSQL holds it. */
export const seq = z.coerce.number().int().min(0).max(2_147_483_647);

/** A page: one more row was asked for than is shown, so that there is a next one only where there is something. */
export function page<Row, Body>(
  rows: Row[],
  size: number,
  key: (row: Row) => string,
  present: (row: Row) => Body,
) {
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return { data: shown.map(present), next: rows.length > size && last ? key(last) : null };
}
