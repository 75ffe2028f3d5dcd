import { ModelError, messageOf } from "../../errors.ts";
import { shorten } from "../../text.ts";
import { readHttpFailure } from "./http-failure.ts";
import type { NamedModel } from "./named-model.ts";

/** Longest piece of a vendor's own words that is passed on. */
const WORDS = 300;
const CONNECTION =
  /^(?:ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|UND_ERR_|CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/u;
const BROKE_OFF =
  /^(?:terminated|fetch failed|Connection error|Premature close|other side closed|socket hang up|Did not receive done)/iu;

/** What went wrong with a model, in words for people: which variable to set, which address does not answer. */
export function toModelError(error: unknown, model: NamedModel): ModelError {
  if (error instanceof ModelError) return error;
  const [code, message] = explain(error, model);
  const telling = String(error instanceof Error ? error.stack : error);
  const safe = model.hide === undefined || model.hide(telling) === telling;
  return new ModelError(code, message, safe ? error : undefined);
}

function explain(error: unknown, model: NamedModel): [ModelError["code"], string] {
  const { status, code = "" } = readHttpFailure(error);
  const { name, address = "its address", keyName = "its key" } = model;
  const own = model.hide?.(messageOf(error)) ?? messageOf(error);
  const words = shorten(own.replaceAll(/\s+/gu, " ").trim(), WORDS);
  if (status === 401 || status === 403)
    return ["model_key", `${address} refused the key of ${name} (${status}): check ${keyName}`];
  if (status === 404)
    return ["model_unknown", `${address} does not know the model of ${name} (404): ${words}`];
  if (code === "insufficient_quota" || status === 402)
    return ["model_rate_limited", `The account of ${name} has no credit left: check ${keyName}`];
  if (status === 429) return ["model_rate_limited", `${name} is rate limited (429)`];
  if (status === 408 || isTimeout(error))
    return ["model_timeout", `${name} did not answer in time (${address})`];
  if (status !== undefined) return ["model_failed", `${name} failed with ${status}: ${words}`];
  if (CONNECTION.test(code) || BROKE_OFF.test(words))
    return ["model_unreachable", `${name} can't be reached at ${address}: ${code || words}`];
  return ["model_failed", `${name} failed: ${words}`];
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}
