import type { Language } from "../events.ts";
import { approvalsEn } from "./words-approvals-en.ts";

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

  ...approvalsEn,

  nothingRuns: "Nothing is running.",
  granted: (tool: string, grant: string, by: string) => `${tool} runs by ${grant}, given by ${by}.`,
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
approvals [number]            what waits for you, and what you await of others: see it, decide it
withdraw [number]             take back a call that you asked for
why                           who decided what, and when
grants [revoke <number>]      what runs unasked, by your consent or for you
policies                      the rules in force
policies explain <tool> {json} [as <tier>] [after <source>,…]  which rule a call would meet, and why
stop                          stop what runs or waits (Ctrl-C while it runs)
setting [name value]          see and change settings
expiry [seconds|never|default]  when this session expires
memory [add <text>|forget <number>]  what is remembered about you
help, exit

Commands go with or without a slash. To send words that look like a command, begin with a space, or write: say status
While an approval waits and input is piped, a line decides the one shown last: accept, edit {json}, respond words, reject [words].
accept for 1h lets calls like that one run for a while: accept for <10m|1h|1d> [<n> uses] [session|place] [fixed <argument>,…|fixed none]; all arguments stay fixed where none is named.`,

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
