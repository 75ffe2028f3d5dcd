import { ApiError, UnexpectedAnswerError, UnreachableError } from "../client/api-error.ts";
import { messageOf } from "../errors.ts";
import type { Words } from "./words.ts";

/** An error as a person is told of it. Throws what is no error of asking the server: a bug is not to be talked over. */
export function faultWords(
  error: unknown,
  words: Words,
  server: { url: string; hasKey: boolean },
): string {
  if (error instanceof UnreachableError) {
    const reason = messageOf(error).replace(/^.*?: /, "");
    return words.unreachable(server.url, reason);
  }
  if (error instanceof UnexpectedAnswerError) return words.unexpected(server.url);
  if (!(error instanceof ApiError)) throw error;
  switch (error.problem.code) {
    case "unauthorized":
      return server.hasKey ? words.wrongKey : words.noKey;
    case "forbidden":
      return words.forbidden(error.message);
    case "too_many":
      return words.tooMany;
    case "unexpected":
      return words.unexpected(server.url);
    default:
      return fieldWords(error);
  }
}

/** A refusal with what is wrong by field, one a line, where it does not say so itself. */
export function fieldWords({ message, problem }: ApiError): string {
  const untold = (problem.errors ?? []).filter((field) => !message.includes(field.message));
  return [message, ...untold.map((field) => `  ${field.path}: ${field.message}`)].join("\n");
}
