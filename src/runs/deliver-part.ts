import { createHash } from "node:crypto";
import type { Sql } from "#db/client.ts";
import {
  type DeliveryRow,
  eventsAfter,
  intendPart,
  lastParts,
  type PartKey,
  postponePart,
  settlePart,
  type UnderLease,
} from "#db/queries/deliveries.ts";
import type { OpenDestination } from "#db/queries/destinations.ts";
import type { Adapter, DeliverContext, Delivered, Intent, Previous } from "../adapter.ts";
import { DeliveryError, messageOf } from "../errors.ts";
import { endsRun, type Outbound } from "../events.ts";
import type { Log } from "../log.ts";
import { clean, shorten } from "../text.ts";
import { coalesce } from "./coalesce.ts";
import { STUCK_AFTER } from "./next-turn.ts";
import { unlessAborted } from "./unless-aborted.ts";

export type DeliverDeps = {
  sql: Sql;
  adapter: Adapter;
  log: Log;
  /** How long to wait after so many failures in a row, in ms. */
  retryDelay: (failures: number) => number;
  /** The longest that the platform is waited for, in ms; what it did by then is not known. */
  askMs: number;
};

/** So many events in a row that can never be posted: the place itself is taken to be gone. */
const GONE_AFTER = 5;
/** The least that a rate limit is taken to last, whatever the platform says. */
const LEAST_DELAY_MS = 50;
/** The most journal rows that go out as one event. */
const COALESCE_MAX = 200;

/** The next part to deliver, as the rows tell it: they are read anew for each, so that a restart is nothing special. */
type NextPart = PartKey & {
  event: Outbound;
  /** Its intent was there already: the platform was asked, or about to be, and nobody knows what came of it. */
  intended: boolean;
  previous: Previous | undefined;
  /** How many events just before it could never be posted. */
  finals: number;
};

/**
 * Delivers the next part of a run at a place: intent, platform, outcome. What the platform refuses or does not
 * answer is written down, never thrown. Rejects with LeaseLostError, and with what the database throws.
 * `signal` is the lease's.
 */
export async function deliverPart(
  deps: DeliverDeps,
  destination: OpenDestination,
  lease: UnderLease,
  signal: AbortSignal,
): Promise<void> {
  const next = await readNextPart(deps.sql, destination);
  if (next === undefined) return;
  const intent = intentOf(next);
  if (!next.intended && !(await intendPart(deps.sql, next, intent.nonce, lease))) return;
  const asking = AbortSignal.any([signal, AbortSignal.timeout(deps.askMs)]);
  const { part, place, previous } = next;
  const { language } = destination;
  const context = { place, part, previous, intent, language, signal: asking };
  const outcome = await ask(deps.adapter, next, context);
  signal.throwIfAborted();
  if (outcome instanceof DeliveryError) await writeFailure(deps, destination, next, outcome, lease);
  else await writeDelivered(deps.sql, next, outcome, lease);
}

async function readNextPart(
  sql: Sql,
  { runId, place, delivered }: OpenDestination,
): Promise<NextPart | undefined> {
  const rows = await lastParts(sql, runId, place, GONE_AFTER + 1);
  const [last] = rows;
  const begun = last !== undefined && last.seq > delivered ? last : undefined;
  // An event that was begun is rebuilt from the very rows that it held then.
  const count = begun ? begun.seq - delivered : COALESCE_MAX;
  const waiting = coalesce(await eventsAfter(sql, runId, delivered, count));
  if (waiting === undefined) return undefined;
  const intended = begun?.state === "intended";
  const settled = intended ? rows.slice(1) : rows;
  const latest = settled.findIndex(({ state }) => state === "delivered");
  return {
    runId,
    place,
    seq: waiting.seq,
    event: waiting.event,
    part: begun === undefined ? 0 : intended ? begun.part : begun.part + 1,
    intended,
    previous: previousOf(settled[latest]),
    finals: latest === -1 ? settled.length : latest,
  };
}

function previousOf(row: DeliveryRow | undefined): Previous | undefined {
  if (row === undefined) return undefined;
  return { seq: row.seq, part: row.part, platformId: row.platformId, state: row.data };
}

/** The nonce is of 24 characters (Discord takes 25), the same for the same part whoever asks and how often. */
function intentOf({ runId, seq, part, place }: PartKey): Intent {
  const hash = createHash("sha256").update(JSON.stringify([runId, seq, part, place]));
  return { runId, seq, part, place, nonce: hash.digest("base64url").slice(0, 24) };
}

/** Asks the platform: first whether the part is there after all, where that is not known. */
async function ask(
  adapter: Adapter,
  { event, intended }: NextPart,
  context: DeliverContext,
): Promise<Delivered | DeliveryError> {
  const { intent, signal } = context;
  try {
    return await unlessAborted(signal, async () => {
      const there = intended ? await adapter.lookUp(intent, signal) : undefined;
      return there ?? (await adapter.deliver(event, context));
    });
  } catch (error) {
    if (error instanceof DeliveryError) return error;
    return new DeliveryError("uncertain", messageOf(error), { cause: error });
  }
}

/** Where the platform names no state, the one before stays: a look-up knows none. */
function writeDelivered(
  sql: Sql,
  next: NextPart,
  { platformId, more, state = next.previous?.state ?? {} }: Delivered,
  lease: UnderLease,
): Promise<void> {
  const outcome = clean({ state: "delivered" as const, platformId, more, data: state });
  return settlePart(sql, next, outcome, endsRun(next.event), lease);
}

async function writeFailure(
  deps: DeliverDeps,
  destination: OpenDestination,
  next: NextPart,
  failure: DeliveryError,
  lease: UnderLease,
): Promise<void> {
  const { runId, place, seq, part } = next;
  const { outcome } = failure;
  const error = shorten(clean(failure.message), 1000);
  const fields = { run: runId, place, seq, part, outcome, error: failure };
  if (outcome === "final") {
    const gone = next.finals + 1 >= GONE_AFTER;
    deps.log.error(
      fields,
      gone ? "the place takes nothing any more" : "a part can never be posted",
    );
    const ends = gone || endsRun(next.event);
    return settlePart(deps.sql, next, { state: "final", error }, ends, lease);
  }
  const limited = outcome === "delay";
  const failures = destination.failures + (limited ? 0 : 1);
  const afterMs = limited ? Math.max(failure.afterMs, LEAST_DELAY_MS) : deps.retryDelay(failures);
  if (failures === STUCK_AFTER && !limited)
    deps.log.error({ ...fields, failures }, "a part is stuck; what comes after it may pass");
  else deps.log.warn({ ...fields, failures, afterMs }, "a part is tried again later");
  // An intent from before stays: what its first attempt did is known by that one look-up only.
  const withdraw = outcome !== "uncertain" && !next.intended;
  const postponement = { failures, afterMs, error, wholePlace: limited, withdraw };
  await postponePart(deps.sql, next, postponement, lease);
}
