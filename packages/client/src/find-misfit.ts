import type { TSchema } from "typebox";

/** What of a JSON Schema stands in the API's schemas. */
interface Schema {
  type?: string;
  const?: unknown;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  maxItems?: number;
  minItems?: number;
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

/**
 * Where a value that was parsed from JSON does not have the shape that the schema gives: a path such as `slots[3].deal`, "" for the whole,
 * undefined where all is well. Fields that the schema does not name may be there, with whatever they hold. Integers must be exact.
 */
export function findMisfit(schema: TSchema, value: unknown): string | undefined {
  return misfit(schema as Schema, value)?.replace(/^\./, "");
}

function misfit(schema: Schema, value: unknown): string | undefined {
  if (schema.anyOf !== undefined) return schema.anyOf.some((one) => misfit(one, value) === undefined) ? undefined : "";
  if (schema.const !== undefined) return value === schema.const ? undefined : "";
  switch (schema.type) {
    case undefined:
      return undefined;
    case "null":
      return value === null ? undefined : "";
    case "boolean":
      return typeof value === "boolean" ? undefined : "";
    case "string":
      return typeof value === "string" && fitsText(schema, value) ? undefined : "";
    case "integer":
      return Number.isSafeInteger(value) && fitsRange(schema, value as number) ? undefined : "";
    case "number":
      return Number.isFinite(value) && fitsRange(schema, value as number) ? undefined : "";
    case "array":
      return Array.isArray(value) ? misfitOfList(schema, value) : "";
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? misfitOfFields(schema, value as Record<string, unknown>)
        : "";
    default:
      throw new Error(`a schema of the API has the type ${schema.type}, which is not checked here`);
  }
}

function misfitOfFields(
  { properties = {}, required = [] }: Schema,
  value: Record<string, unknown>,
): string | undefined {
  for (const name of required) if (!Object.hasOwn(value, name)) return `.${name}`;
  for (const name in properties) {
    if (!Object.hasOwn(value, name)) continue;
    const found = misfit(properties[name] as Schema, value[name]);
    if (found !== undefined) return `.${name}${found}`;
  }
  return undefined;
}

function misfitOfList({ items = {}, minItems = 0, maxItems = Infinity }: Schema, value: unknown[]): string | undefined {
  if (value.length < minItems || value.length > maxItems) return "";
  for (let at = 0; at < value.length; at += 1) {
    const found = misfit(items, value[at]);
    if (found !== undefined) return `[${at}]${found}`;
  }
  return undefined;
}

function fitsRange({ minimum, maximum, exclusiveMinimum }: Schema, value: number): boolean {
  return (
    (minimum === undefined || value >= minimum) &&
    (maximum === undefined || value <= maximum) &&
    (exclusiveMinimum === undefined || value > exclusiveMinimum)
  );
}

const compiled = new Map<string, RegExp>();

function fitsText({ pattern, maxLength = Infinity }: Schema, value: string): boolean {
  if (value.length > maxLength) return false;
  if (pattern === undefined) return true;
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    expression = new RegExp(pattern);
    compiled.set(pattern, expression);
  }
  return expression.test(value);
}
