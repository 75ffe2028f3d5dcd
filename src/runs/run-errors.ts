/** Somebody asked to stop the run before it went on. */
export class StopRequest extends Error {
  override readonly name = "StopRequest";
}

export class TooManyCrashesError extends Error {
  override readonly name = "TooManyCrashesError";
  readonly code = "too_many_crashes";
  constructor(crashes: number) {
    super(`The run was ended: its worker died ${crashes} times`);
  }
}
