import { setTimeout as sleep } from "node:timers/promises";
import { ApiError, isPassing } from "../client/api-error.ts";
import type { Client } from "../client/client.ts";
import type { Connection } from "./connection.ts";

const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** A server that fails at something (500) is asked this often: it may be starting, or it may be a bug. */
const TRIES_AT_FAULTS = 4;

/** The client, asking again while the server is away or busy. Only what does no harm when it arrives twice is asked again. */
export function patientClient(client: Client, connection: Connection): Client {
  const patient =
    <Args extends unknown[], T>(act: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      for (let tries = 1; ; tries++) {
        try {
          const result = await act(...args);
          if (tries > 1) connection.back();
          return result;
        } catch (error) {
          const isFault = error instanceof ApiError && error.status === 500;
          if (!isPassing(error) || (isFault && tries >= TRIES_AT_FAULTS)) throw error;
          if (tries === 1) connection.lost();
          await sleep(Math.min(PAUSE_MS * tries, LONGEST_PAUSE_MS));
        }
      }
    };
  return {
    ...client,
    sessions: patient(client.sessions),
    latestSession: patient(client.latestSession),
    session: patient(client.session),
    patchSession: patient(client.patchSession),
    messages: patient(client.messages),
    runs: patient(client.runs),
    createRun: (id, body) =>
      (body.external_id === undefined ? client.createRun : patient(client.createRun))(id, body),
    createSession: (body) =>
      (body.external_id === undefined ? client.createSession : patient(client.createSession))(body),
    run: patient(client.run),
    stopRun: patient(client.stopRun),
    approvals: patient(client.approvals),
    approval: patient(client.approval),
    decide: patient(client.decide),
    viewApproval: patient(client.viewApproval),
    withdrawApproval: patient(client.withdrawApproval),
    grants: patient(client.grants),
    revokeGrant: patient(client.revokeGrant),
    explainPolicy: patient(client.explainPolicy),
    audit: patient(client.audit),
    memories: patient(client.memories),
    deleteMemory: patient(client.deleteMemory),
    settings: patient(client.settings),
    patchSettings: patient(client.patchSettings),
  };
}
