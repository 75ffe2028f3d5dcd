const FIRST_MS = 1000;
const LONGEST_MS = 300_000;

/** How long to wait after the `failures`th failure in a row, in ms: doubled each time up to 5 minutes, half of it by chance. */
export function retryDelay(failures: number): number {
  const full = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return Math.round(full * (0.5 + Math.random() / 2));
}
