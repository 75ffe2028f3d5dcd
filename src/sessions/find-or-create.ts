import type { Query } from "#db/client.ts";
import type { Session, SessionSettings } from "#db/schema/sessions.ts";
import { RefusedError } from "../errors.ts";
import { type Actor, address, addressParts } from "../events.ts";
import { newId } from "../ids.ts";

/** What names a session: our id, an API client's own key beneath its owner, or a place on a platform. */
export type SessionKey =
  | { kind: "id"; id: string; owner: Actor }
  | { kind: "external"; owner: Actor; externalKey: string }
  | { kind: "place"; place: string; owner: Actor; settings?: SessionSettings };

/**
 * The session that `key` names, made where it is not there, opened again where it was closed: what it knew stays.
 * A session by id must be there and be its owner's, else RefusedError not_found: nobody learns of others' sessions.
 */
export async function findOrCreateSession(tx: Query, key: SessionKey): Promise<Session> {
  const found = await find(tx, key);
  if (found) return found.status === "open" ? found : reopen(tx, found.id);
  if (key.kind === "id") throw new RefusedError("not_found", `There is no session ${key.id}`);
  const place = key.kind === "place" ? key.place : apiPlace(key.owner, key.externalKey);
  return create(tx, {
    place,
    owner: key.owner,
    externalKey: key.kind === "external" ? key.externalKey : null,
    settings: key.kind === "place" ? (key.settings ?? {}) : {},
  });
}

/** An API client's session by its own key, opened again where it was closed; made, with the title, where it is not there. */
export async function openSession(
  tx: Query,
  owner: Actor,
  externalKey: string,
  title = "",
): Promise<{ session: Session; created: boolean }> {
  const found = await find(tx, { kind: "external", owner, externalKey });
  if (found)
    return {
      session: found.status === "open" ? found : await reopen(tx, found.id),
      created: false,
    };
  const place = apiPlace(owner, externalKey);
  const session = await create(tx, { place, owner, externalKey, settings: {}, title });
  return { session, created: true };
}

/** A new session of an API client that names it by our id only. */
export async function createSession(tx: Query, owner: Actor, title = ""): Promise<Session> {
  const id = newId("session");
  return create(tx, {
    id,
    place: apiPlace(owner, id),
    owner,
    externalKey: null,
    settings: {},
    title,
  });
}

export async function findSession(tx: Query, id: string, owner?: Actor): Promise<Session> {
  const [session] = await tx<Session[]>`
    select * from sessions where id = ${id} ${owner === undefined ? tx`` : tx`and owner = ${owner}`}`;
  if (!session) throw new RefusedError("not_found", `There is no session ${id}`);
  return session;
}

/** `api:<key>/<user>:<session>`: every surface has a place, the API too. */
function apiPlace(owner: Actor, session: string): string {
  const [, who = owner] = addressParts(owner);
  return address("api", who, session);
}

async function find(tx: Query, key: SessionKey): Promise<Session | undefined> {
  const where =
    key.kind === "id"
      ? tx`id = ${key.id} and owner = ${key.owner}`
      : key.kind === "external"
        ? tx`owner = ${key.owner} and external_key = ${key.externalKey}`
        : tx`place = ${key.place}`;
  const [session] = await tx<Session[]>`select * from sessions where ${where}`;
  return session;
}

async function create(
  tx: Query,
  session: {
    id?: string;
    place: string;
    owner: Actor;
    externalKey: string | null;
    settings: SessionSettings;
    title?: string;
  },
): Promise<Session> {
  const [made] = await tx<Session[]>`
    insert into sessions (id, place, owner, external_key, settings, title)
    values (${session.id ?? newId("session")}, ${session.place}, ${session.owner}, ${session.externalKey},
      ${JSON.stringify(session.settings)}::text::jsonb, ${session.title ?? ""})
    on conflict (place) do update set last_active_at = now(), status = 'open', closed_at = null
    returning *`;
  if (!made) throw new Error(`The session at ${session.place} was not made`);
  return made;
}

async function reopen(tx: Query, id: string): Promise<Session> {
  const [session] = await tx<Session[]>`
    update sessions set status = 'open', closed_at = null, last_active_at = now() where id = ${id} returning *`;
  if (!session) throw new RefusedError("not_found", `There is no session ${id}`);
  return session;
}
