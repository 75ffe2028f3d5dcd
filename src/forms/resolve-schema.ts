import { isObject, valueAt } from "./pointer.ts";

export type Schema = Record<string, unknown>;

/** A schema without its detours. `nullable`: null is allowed beside what `schema` says. */
export type Resolved = { schema: Schema; nullable: boolean };

const MAX_STEPS = 20;
const ANNOTATIONS = ["title", "description", "default", "examples", "deprecated"];

/**
 * Follows local references, single `allOf`, and unions with null (`anyOf: [x, {type: "null"}]`,
 * `type: ["string", "null"]`, null in an `enum`) until a plain schema is left. Undefined where there is none: a
 * reference that leads elsewhere or round in a circle, parts that contradict each other, `false`.
 */
export function resolveSchema(given: unknown, root: Schema): Resolved | undefined {
  let schema: unknown = given;
  let nullable = false;
  for (let step = 0; step < MAX_STEPS; step++) {
    if (schema === true) return { schema: {}, nullable };
    if (!isObject(schema)) return undefined;
    const { $ref, allOf, anyOf, oneOf, ...rest } = schema;
    if (typeof $ref === "string") {
      const target = follow($ref, root);
      schema = merge(target, drop(schema, "$ref"));
    } else if (Array.isArray(allOf) && allOf.length === 1) {
      schema = merge(allOf[0], drop(schema, "allOf"));
    } else if (Array.isArray(anyOf) && !oneOf && withoutNull(anyOf).length < anyOf.length) {
      nullable = true;
      schema = branch(withoutNull(anyOf), "anyOf", rest);
    } else if (Array.isArray(oneOf) && !anyOf && withoutNull(oneOf).length < oneOf.length) {
      nullable = true;
      schema = branch(withoutNull(oneOf), "oneOf", rest);
    } else if (Array.isArray(schema.type) && schema.type.length > 0) {
      const types = schema.type.filter((type) => type !== "null");
      nullable ||= types.length < schema.type.length;
      if (types.length !== 1) return { schema: drop(schema, "type"), nullable };
      schema = { ...schema, type: types[0] };
    } else if (Array.isArray(schema.enum) && schema.enum.includes(null)) {
      nullable = true;
      schema = { ...schema, enum: schema.enum.filter((value) => value !== null) };
    } else if (schema.nullable === true && schema.type !== undefined) {
      nullable = true;
      schema = drop(schema, "nullable");
    } else {
      return { schema, nullable };
    }
  }
  return undefined;
}

function follow(ref: string, root: Schema): unknown {
  if (ref === "#") return root;
  if (!ref.startsWith("#/")) return undefined;
  try {
    return valueAt(root, decodeURIComponent(ref.slice(1)));
  } catch {
    return undefined; // no URI
  }
}

function branch(branches: unknown[], word: string, rest: Schema): unknown {
  return branches.length === 1 ? merge(branches[0], rest) : { ...rest, [word]: branches };
}

function withoutNull(branches: unknown[]): unknown[] {
  return branches.filter((one) => !(isObject(one) && (one.type === "null" || one.const === null)));
}

/** What both say; what stands nearer wins among words for people. Undefined where they differ otherwise. */
function merge(far: unknown, near: Schema): unknown {
  if (far === true) return near;
  if (!isObject(far)) return undefined;
  const clash = Object.keys(near).some(
    (word) =>
      Object.hasOwn(far, word) &&
      !ANNOTATIONS.includes(word) &&
      JSON.stringify(far[word]) !== JSON.stringify(near[word]),
  );
  return clash ? undefined : { ...far, ...near };
}

function drop(schema: Schema, word: string): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== word));
}
