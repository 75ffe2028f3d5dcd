import type { Actor, Inbound, Language, Outbound, Place } from "./events.ts";

/** What the core answers to an inbound event at once (within 2 s; later results go out through the journal). */
export type Answer =
  | { kind: "stored" }
  | { kind: "form"; form: Form }
  | { kind: "fieldErrors"; errors: FieldError[] }
  | { kind: "notice"; text: string }
  | { kind: "choices"; choices: { label: string; value: string }[] };

/**
 * The one function that the core hands to an adapter. Resolves once the event is stored (at-least-once:
 * the same `key` may be handed in again) or, where something must be shown at once, with that.
 * Rejects when it could not be stored: the adapter must then not acknowledge.
 */
export type Receive = (inbound: Inbound, signal: AbortSignal) => Promise<Answer>;

export type FieldError = { path: string; message: string };

/**
 * One input of a form. `path` is a JSON pointer into the arguments; `value` is what stands in the input at first
 * (`shownIn` writes it out). An optional boolean or enum can also be left out: it needs a third choice.
 */
export type Field = {
  path: string;
  label: string;
  help?: string;
  required: boolean;
  value?: unknown;
  /** What an emptied input means, where it does not mean that the argument is left out. */
  emptied?: null | "" | [];
  /** Its value is never shown; an empty input leaves it as it is. */
  secret?: true;
} & (
  | { type: "string" | "text"; minLength?: number; maxLength?: number; pattern?: string }
  | { type: "number" | "integer"; minimum?: number; maximum?: number }
  | { type: "boolean" }
  | { type: "enum" | "multi-enum"; options: { label: string; value: string | number | boolean }[] }
  | { type: "date" | "date-time" }
  | { type: "strings"; minItems?: number; maxItems?: number }
  | { type: "json" }
);

export type Form = {
  approvalId: string;
  /** Of the arguments that it shows: goes back with what is submitted. */
  digest: string;
  type: "edit" | "respond" | "view";
  title: string;
  fields: Field[];
  /** Pages count from 0; a surface that holds fewer fields than there are asks for the next page. */
  page: number;
  pages: number;
};

/** What a platform made of one part of an event. */
export type Delivered = {
  /** The platform's own id of what was posted; null where the event leaves no post. */
  platformId: string | null;
  /** Whether the event has a further part that must be delivered next. */
  more: boolean;
  /** Kept by the core and handed back as `previous.state`, e.g. how much text a message holds. */
  state?: Record<string, unknown>;
};

/** What was delivered last for the same run and place, so that a message can grow instead of being posted again. */
export type Previous = {
  seq: number;
  part: number;
  platformId: string | null;
  state: Record<string, unknown>;
};

/** What the core wrote down before it asked the platform to post. `nonce` is the same at each attempt. */
export type Intent = { runId: string; seq: number; part: number; place: Place; nonce: string };

export type DeliverContext = {
  place: Place;
  part: number;
  previous: Previous | undefined;
  intent: Intent;
  language: Language;
  signal: AbortSignal;
};

export type Standing = "member" | "guest" | "external" | "none";

/** What a platform knows of people, asked at the moment of a decision. Rejects when it can't be read: the answer is then no. */
export interface Directory {
  /** How `actor` stands at `place` now; `none` when they cannot see it. */
  standing(actor: Actor, place: Place, signal: AbortSignal): Promise<Standing>;
  /** Whether `actor` is in a group (Slack user group, Discord role) now. */
  inGroup(actor: Actor, group: string, signal: AbortSignal): Promise<boolean>;
  /** The members of a group, for mentions and for asking them. */
  members(group: string, signal: AbortSignal): Promise<Actor[]>;
  /** A name for people to read. Never used to decide. */
  nameOf(actor: Actor, signal: AbortSignal): Promise<string>;
}

/** A platform. Adapters translate; they never see the queue or the database. */
export interface Adapter {
  /** The first part of its places: `slack`, `discord`. */
  readonly platform: string;
  readonly directory: Directory;
  /** Connects and hands in what happens until `signal` aborts. */
  start(receive: Receive, signal: AbortSignal): Promise<void>;
  /**
   * Delivers one part of one event. Throws `DeliveryError`, whose `outcome` says what the attempt tells
   * about the world: `retry` (nothing was posted), `delay` (nothing was posted, and not before
   * `afterMs`), `final` (it can never be posted), `uncertain` (it may have been posted: look before trying again).
   */
  deliver(event: Outbound, context: DeliverContext): Promise<Delivered>;
  /** Whether an uncertain post is there after all. */
  lookUp(intent: Intent, signal: AbortSignal): Promise<Delivered | undefined>;
}
