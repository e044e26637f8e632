import { CairnError } from "@cairn/protocol/errors";
import type { Static, TObject, TSchema } from "typebox";
import { Check } from "typebox/value";

interface Described {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Described[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  /** In words, where the schema does not tell all. */
  allowed?: string;
}

/** What a schema allows, in words: `a whole number from 1 to 10`. */
export function allowedBy(schema: TSchema): string {
  const { allowed, anyOf, type, minimum, maximum, ...rest } = schema as Described;
  if (allowed !== undefined) return allowed;
  if (anyOf !== undefined) return anyOf.map((one) => allowedBy(one as TSchema)).join(" or ");
  if (rest.enum !== undefined) return rest.enum.join(" or ");
  if (rest.const !== undefined) return String(rest.const);
  if (type === "boolean") return "true or false";
  if (type === "null") return "null";
  if (type === "string") return "a text";
  if (type !== "integer" && type !== "number") return `a value of type ${type ?? "JSON"}`;
  const kind = type === "integer" ? "a whole number" : "a number";
  const from = minimum === undefined ? "" : ` from ${minimum}`;
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? kind + from : `${kind}${from} to ${maximum}`;
}

/**
 * Settings as they stand in a file or come from flags.
 *
 * @param where named in errors
 * @throws CairnError `bad-settings` with the key, what it was and what is allowed
 */
export function parseSettings<S extends TObject>(schema: S, value: unknown, where: string): Static<S> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(where, "is no object", 'It must be JSON like {"key": value}.');
  }
  const properties: Record<string, TSchema> = schema.properties;
  for (const [key, found] of Object.entries(value)) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property === undefined) {
      throw wrong(where, `has the unknown key "${key}"`, `Allowed are: ${Object.keys(properties).join(", ")}.`, key);
    }
    if (!Check(property, found)) {
      const shown = (JSON.stringify(found) ?? "nothing").slice(0, 200);
      throw wrong(where, `has ${shown} for ${key}`, `Allowed is ${allowedBy(property)}.`, key);
    }
  }
  return value as Static<S>;
}

function wrong(where: string, what: string, next: string, key?: string): CairnError {
  return new CairnError(`${where} ${what}`, {
    code: "bad-settings",
    kind: "input",
    next,
    ...(key === undefined ? {} : { details: { key } }),
  });
}
