import pino, { type Logger } from "pino";
import { redact } from "./redact.ts";

export type Log = Logger;

/**
 * Structured logs: one JSON object a line, to stdout or a rotating file (20 MB, 5 files kept).
 * Secrets are taken out of every string by value and by shape, whoever logs them.
 */
export function openLog(options: {
  level: string;
  file?: string | undefined;
  name: string;
  secrets: string[];
}): Log {
  return pino({
    level: options.level,
    base: { process: options.name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { error: pino.stdSerializers.errWithCause },
    hooks: { streamWrite: (line) => redact(line, options.secrets) },
    ...(options.file && {
      transport: {
        target: "pino-roll",
        options: { file: options.file, size: "20m", limit: { count: 5 }, mkdir: true },
      },
    }),
  });
}
