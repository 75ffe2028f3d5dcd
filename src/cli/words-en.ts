import type { Language } from "../events.ts";

/** What the terminal client says, in English. `words-zh.ts` says the same in Chinese. */
export const en = {
  language: "en" as Language,
  locale: "en-GB",
  you: "You",
  prompt: "a message, or help",
  leaveHint: "Ctrl-C once more leaves; so does exit.",
  bye: "Until next time. Your session stays as it is.",

  greeting: (user: string, model: string) => `Countersign · ${user} · ${model}`,
  session: (title: string, expires: string) => `Session “${title}”, ${expires}`,
  newSession: "This is a new session. It begins with your first message.",
  untitled: "untitled",
  expires: (time: string) => `expires ${time}`,
  neverExpires: "never expires",
  expired: "has expired",
  seconds: (seconds: number) => `${seconds} s`,
  never: "never",

  thinking: "thinking… (Ctrl-C stops)",
  queued: (ahead: number) => `waiting behind ${ahead} other message(s)…`,
  stopping: "stopping… (Ctrl-C once more leaves)",
  resumedByWorker: "The work was interrupted and goes on where it was.",
  lost: "connection lost, trying again…",
  back: "Connected again.",
  discarded: (reason: string) => `What was written so far does not count: ${reason}`,
  steered: (text: string) => `Taken up meanwhile: ${text}`,
  failed: (message: string) => `This failed: ${message}`,
  stopped: (by: string, reason: string) => `Stopped${by && ` by ${by}`}${reason && `: ${reason}`}.`,
  doneBefore: (tools: string) => `Done before that: ${tools}`,
  noAnswer: "(no answer)",

  states: {
    queued: "is queued",
    running: "is running",
    waiting: "waits for a decision",
    completed: "is done",
    failed: "failed",
    stopped: "was stopped",
  },
  lastRun: (input: string, state: string) => `Last: “${input}” ${state}.`,
  noRuns: "Nothing has been asked yet.",

  approvalTitle: (tool: string) => `Approval needed: ${tool}`,
  unknownTitle: (tool: string) => `What became of ${tool}?`,
  unknownText:
    "This call was started and nobody knows whether it finished. It has not been repeated. Please look there, then say what is true.",
  labels: {
    tool: "Tool",
    args: "Arguments",
    requester: "Asked by",
    reason: "Why",
    expires: "Expires",
    tier: "Tier",
    edited: "Changed by an approver",
    preview: "What it would do",
    taint: "Untrusted sources in the context",
    quorum: "Consent",
  },
  noArgs: "(none)",
  quorum: (consents: string[], needed: number, approvers: string[]) =>
    `${consents.length} of ${needed}${consents.length ? ` (${consents.join(", ")})` : ""}, of ${approvers.join(", ")}`,
  othersDecide: (approvers: string[]) => `Others decide this: ${approvers.join(", ")}.`,
  decide: "What shall happen?",
  reviews: {
    accept: { label: "Accept", hint: "run it exactly as shown" },
    edit: { label: "Edit", hint: "change the arguments, then run it" },
    respond: { label: "Respond", hint: "do not run it, answer the agent instead" },
    reject: { label: "Reject", hint: "do not run it" },
  },
  unknownReviews: {
    accept: { label: "Run it again", hint: "it did not run, or running it twice does no harm" },
    edit: { label: "Run it again, changed", hint: "with other arguments" },
    respond: { label: "It ran", hint: "tell the agent what came of it" },
    reject: { label: "Leave it", hint: "do not run it again" },
  },
  later: { label: "Later", hint: "go on talking; `approvals` comes back to it" },
  howToDecide: (allowed: string[]) => `Answer with a line: ${allowed.join(" | ")}`,
  reviewLines: {
    accept: "accept",
    edit: "edit {json}",
    respond: "respond words",
    reject: "reject [words]",
  },
  askArgs: "The new arguments, as JSON:",
  askResponse: "What shall the agent be told?",
  askReason: "Why? (may stay empty)",
  optional: "may stay empty",
  asJson: "as JSON",
  leaveOut: "(leave it out)",
  yes: "yes",
  no: "no",
  faults: {
    required: "This is needed.",
    object: 'This should be a JSON object, e.g. {"hotel_name": "…"}.',
  },
  decided: {
    accepted: (by: string) => `Accepted by ${by}`,
    edited: (by: string) => `Edited by ${by}`,
    responded: (by: string) => `Answered by ${by}`,
    rejected: (by: string) => `Rejected by ${by}`,
    expired: () => "Nobody decided in time",
    withdrawn: () => "Withdrawn",
    pending: () => "Waiting",
  },
  voted: (by: string, tool: string) => `${tool}: consent of ${by}; more is needed.`,
  byYou: "you",
  meanwhile: "This was decided meanwhile.",
  notHere: (detail: string) =>
    `This cannot be decided here. ${detail}. Whoever may decide does so where they are asked, or with an API key that has the scope for it (COUNTERSIGN_API_KEY).`,
  dashboardOnly:
    "Calls of this tier are decided with an API key of scope approvals:dashboard, never from here without one (COUNTERSIGN_API_KEY).",
  stillWaiting: (count: number) =>
    count === 1
      ? "One approval is waiting: `approvals`."
      : `${count} approvals are waiting: \`approvals\`.`,
  elsewhere: (count: number) => `${count} more in other sessions: \`approvals\`, \`history\`.`,
  noApprovals: "No approval is waiting.",

  nothingRuns: "Nothing is running.",
  pickSession: "Which session?",
  noSessions: "There are no other sessions.",
  noSuchSession: (pick: number) => `There is no session ${pick}; \`history\` lists them.`,
  closed: "closed",
  earlier: (count: number) => `… ${count} earlier messages`,
  restored: (title: string) => `You are back in “${title}”.`,
  memories: "What is remembered about you:",
  noMemories: "Nothing is remembered about you. `memory add <text>` changes that.",
  remembered: (text: string) => `Remembered: ${text}`,
  forgotten: (text: string) => `Forgotten: ${text}`,
  noSuchMemory: (which: string) => `There is no memory ${which}; \`memory\` lists them.`,
  expiryIs: (expiry: string) => `This session ${expiry}.`,
  changeWhich: "Change which?",
  nothing: "nothing",
  none: "none",
  newValue: (name: string) => `${name}, new value (“default” for the default):`,
  isSet: (name: string, value: string) => `${name} is now ${value}.`,
  byDefault: (value: string) => `${value} (default)`,
  notAllowedHere: "(this key may not see it)",
  settingNames: {
    title: "title",
    model: "model",
    language: "language",
    system_prompt: "system prompt",
    while_running: "message while a run executes",
    while_waiting: "message while a run waits",
    expiry: "expiry",
    default_expiry: "expiry of new sessions",
  },
  settingValues:
    "Values: language en|zh · while_running queue|steer|interrupt · while_waiting beside|queue|withdraw · expiry, default_expiry <seconds>|never|default",

  unknownCommand: (name: string) =>
    `There is no command /${name}; \`help\` lists them. A leading space sends the line as it is.`,
  usage: (name: string) => `That is not how /${name} goes; see \`help\`.`,
  help: `status                        where this session stands
new                           a new session; /new <title> names it
history [number]              earlier sessions: see one again and go on with it
approvals                     what waits for a decision
stop                          stop what runs or waits (Ctrl-C while it runs)
setting [name value]          see and change settings
expiry [seconds|never|default]  when this session expires
memory [add <text>|forget <number>]  what is remembered about you
help, exit

Commands go with or without a slash. To send words that look like a command, begin with a space, or write: say status
While an approval waits and input is piped, a line decides: accept, edit {json}, respond words, reject [words].`,

  unreachable: (url: string, reason: string) =>
    `Nothing answers at ${url} (${reason}). Is the server running? \`npm start\` starts it; --url names another.`,
  noKey:
    "The server wants an API key. Put it into COUNTERSIGN_API_KEY; `npm run api-key` makes one.",
  wrongKey: "The server does not accept this API key (COUNTERSIGN_API_KEY).",
  forbidden: (detail: string) => `This is not allowed: ${detail}`,
  unexpected: (url: string) =>
    `What answers at ${url} is no Countersign server, or one of another version.`,
  tooMany: "Too many requests; please wait a moment.",
  gone: (detail: string) => `That is no longer there: ${detail}`,
  options: `npm run chat -- [--user <name>] [--url <http://…>] [--language en|zh]`,
  badOption: (detail: string) => `${detail}`,
  badUrl: (url: string) => `--url should be an http address, not "${url}".`,
  badLanguage: (language: string) => `--language should be en or zh, not "${language}".`,
};

export type Words = typeof en;
