import type { Claim } from "#db/queries/claim-run.ts";
import type { RunContext } from "../agent/context.ts";
import type { AgentInput } from "../agent/run-agent.ts";
import { countTokens } from "../agent/tokens.ts";
import { chooseWindow } from "../agent/window.ts";
import { recall, remember } from "../memory/memories.ts";
import { recentTurns } from "../sessions/transcript.ts";
import { shorten } from "../text.ts";
import type { WorkerCore } from "./core.ts";
import { humanMessage } from "./finish.ts";
import { openGate } from "./gate.ts";
import { openLedger } from "./ledger.ts";
import { DEFAULT_SYSTEM_MESSAGE, systemPrompt } from "./prompt.ts";
import type { Hold } from "./work.ts";

/** How many memories stand in the prompt, and how much of each. */
const MEMORIES = 50;
const MEMORY_CHARS = 500;

export type Start = Extract<AgentInput, { kind: "start" }>;
export type Ready = { context: RunContext; start: Start };

/** Everything that an execution of a run needs: the window, what is remembered, who decides, where to write. */
export async function prepare(core: WorkerCore, claim: Claim, hold: Hold): Promise<Ready> {
  const { sql, config } = core;
  const settings = claim.sessionSettings;
  const first = claim.attempt === 1;
  const [models, turns, memories, waiting, known] = await Promise.all([
    core.models(settings.model),
    recentTurns(sql, claim.sessionId, windowRows(core)),
    recall(sql, claim.requester, "", MEMORIES),
    waitingCalls(core, claim),
    first ? [] : knownCalls(core, claim),
  ]);
  const modelName = models[0]?.name ?? "";
  const limit =
    config.HISTORY_MAX_TOKENS === undefined
      ? { messages: config.HISTORY_MAX_MESSAGES }
      : {
          tokens: config.HISTORY_MAX_TOKENS,
          count: (text: string) => countTokens(text, modelName),
        };
  const run = {
    place: claim.place,
    ...hold,
    runId: claim.id,
    sessionId: claim.sessionId,
    requester: claim.requester,
    language: claim.language,
  };
  return {
    start: { kind: "start", messages: [...chooseWindow(turns, limit), humanMessage(claim)] },
    context: {
      runId: claim.id,
      sessionId: claim.sessionId,
      user: claim.requester,
      language: claim.language,
      systemPrompt: systemPrompt({
        systemMessage: claim.systemMessage ?? settings.systemPrompt ?? DEFAULT_SYSTEM_MESSAGE,
        language: claim.language,
        memories: memories.map((memory) => shorten(memory.text, MEMORY_CHARS)),
        waiting,
      }),
      models,
      modelTimeoutMs: config.MODEL_TIMEOUT_SECONDS * 1000,
      tools: core.tools(),
      gate: openGate(core, {
        ...run,
        taint: standingTaint(
          claim.sessionTaint,
          core.policies.current()?.taint.clearsAfterMs,
          core.clock(),
        ),
        known: new Set(known),
      }),
      ledger: openLedger(core, { ...run, attempt: claim.attempt }),
      memory: {
        async remember(text, kind) {
          await remember(sql, {
            owner: claim.requester,
            text,
            kind,
            source: "agent",
            author: claim.requester,
          });
        },
        async recall(query) {
          const found = await recall(sql, claim.requester, query);
          return found.map((memory) => memory.text);
        },
      },
      signal: hold.signal,
      pause: hold.pause,
      emit: hold.journal.emit,
      writing: { messageId: "", length: 0, sources: new Set(), dead: new Set(), alive: () => {} },
    },
  };
}

function windowRows(core: WorkerCore): number | undefined {
  return core.config.HISTORY_MAX_TOKENS === undefined
    ? core.config.HISTORY_MAX_MESSAGES
    : undefined;
}

/** Calls of the session's other runs that wait, so that the model does not ask for them again. */
async function waitingCalls(core: WorkerCore, claim: Claim): Promise<string[]> {
  const rows = await core.sql<{ tool: string; args: string }[]>`
    select tool, args from approvals
    where session_id = ${claim.sessionId} and run_id <> ${claim.id} and status = 'pending' order by requested_at limit 20`;
  return rows.map(({ tool, args }) => `${tool} ${shorten(args, 500)}`);
}

async function knownCalls(core: WorkerCore, claim: Claim): Promise<string[]> {
  const rows = await core.sql<
    { callKey: string }[]
  >`select call_key from approvals where run_id = ${claim.id}`;
  return rows.map((row) => row.callKey);
}

/** The sources that still taint a session: a policy may say how long one does. */
function standingTaint(
  taint: Record<string, string>,
  clearsAfterMs: number | undefined,
  now: Date,
): string[] {
  return Object.entries(taint).flatMap(([source, since]) =>
    clearsAfterMs !== undefined && now.getTime() - Date.parse(since) >= clearsAfterMs
      ? []
      : [source],
  );
}
