/** A CEL expression, parsed and checked once. Throws where it cannot be evaluated or is no boolean. */
export type Condition = { text: string; holds(facts: Record<string, unknown>): boolean };
