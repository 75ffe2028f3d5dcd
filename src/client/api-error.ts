import type { z } from "zod";
import type { ProblemBody } from "../api.ts";

/** The server answered with a problem. `status` is HTTP's; 0 never occurs here. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly problem: ProblemBody;
  /** Ask again not before this many milliseconds, where the server says so (429, 503). */
  readonly retryAfterMs: number | undefined;

  constructor(problem: ProblemBody, retryAfterMs?: number) {
    super(problem.detail || problem.title);
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** No answer came: nothing listens there, the connection broke, or it took too long. Whether the server acted is not known. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  readonly url: string;

  constructor(url: string, cause: unknown) {
    super(`Cannot reach ${url}: ${reasonOf(cause)}`, { cause });
    this.url = url;
  }
}

/** Something answered that is no server of ours, or one of another version. */
export class UnexpectedAnswerError extends Error {
  override readonly name = "UnexpectedAnswerError";

  constructor(request: string, fault: z.ZodError | string) {
    const words =
      typeof fault === "string"
        ? fault
        : fault.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    super(`${request} was answered with something unexpected: ${words}`);
  }
}

/** Whether the same request may succeed later as it is: the server is down, starting, or busy. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof UnreachableError ||
    (error instanceof ApiError && (error.status === 429 || error.status >= 500))
  );
}

/** fetch says "fetch failed"; what happened is in the cause. */
function reasonOf(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause instanceof Error)
    innermost = innermost.cause;
  if (!(innermost instanceof Error)) return String(innermost);
  const code = "code" in innermost ? String(innermost.code) : "";
  return innermost.message || code || innermost.name;
}
