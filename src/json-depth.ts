/** The most levels of objects and arrays that anything from outside may have: far more than a form, far less than a stack. */
export const MAX_DEPTH = 100;

/** Whether `value`, which came from JSON, has more than `levels` of objects and arrays within each other. */
export function isDeeper(value: unknown, levels = MAX_DEPTH): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
