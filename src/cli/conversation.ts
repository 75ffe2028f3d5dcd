import type { SessionBody } from "../api.ts";
import type { Client } from "../client/client.ts";
import type { Language } from "../events.ts";
import type { Connection } from "./connection.ts";
import type { Pending } from "./pending.ts";
import type { Screen } from "./screen.ts";
import type { Words } from "./words.ts";

/** One person at one terminal: what they talk with and what they have been shown. */
export type Conversation = {
  readonly client: Client;
  readonly connection: Connection;
  readonly screen: Screen;
  readonly words: Words;
  readonly user: string;
  /** Chosen by the person; undefined: the server's. */
  readonly language: Language | undefined;
  readonly server: { url: string; hasKey: boolean };
  session: SessionBody;
  /** Runs of this session that have not been seen to end, the oldest first. */
  readonly open: Map<string, OpenRun>;
  /** Approvals that the person was shown and has put off. */
  readonly deferred: Set<string>;
  /** The approval that was shown last, as it was shown: the one that a line decides. */
  shown: Pending | undefined;
  /** The approval that was spoken of last: the one that `why` is about. */
  about: string | undefined;
  /** The approvals that were listed last: what a number stands for. */
  listed: string[];
  /** Approvals whose end has been told. */
  readonly told: Set<string>;
  /** The person wants to go. */
  isLeaving: boolean;
};

type OpenRun = {
  /** The last sequence number that was shown. */
  after: number;
  /** What was asked, where it has not been seen on this screen. */
  input?: string | undefined;
};
