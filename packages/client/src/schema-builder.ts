import type { Type as TypeBox } from "typebox";

type Builder = Pick<
  typeof TypeBox,
  | "Array"
  | "Boolean"
  | "Integer"
  | "Literal"
  | "Null"
  | "Number"
  | "Object"
  | "Optional"
  | "Record"
  | "String"
  | "Union"
  | "Unknown"
>;

const OPTIONAL = "~optional";
const isOptional = (schema: object): boolean => OPTIONAL in schema;

/**
 * TypeBox's builders of JSON Schemas, with TypeBox's types and its results, for the few kinds that the API's answers need. Loading TypeBox
 * costs every command 95 ms (`cairn ls`, two cores), these nothing that can be measured.
 */
export const Type = {
  Array: (items: object, options?: object) => ({ type: "array", items, ...options }),
  Boolean: (options?: object) => ({ type: "boolean", ...options }),
  Integer: (options?: object) => ({ type: "integer", ...options }),
  Literal: (value: string | number | boolean, options?: object) => ({ type: typeof value, const: value, ...options }),
  Null: (options?: object) => ({ type: "null", ...options }),
  Number: (options?: object) => ({ type: "number", ...options }),
  Object(properties: Record<string, object>, options?: object) {
    const required = Object.keys(properties).filter((name) => !isOptional(properties[name] ?? {}));
    return { type: "object", ...(required.length === 0 ? {} : { required }), properties, ...options };
  },
  // Not enumerable, as in TypeBox, so that it stands in no document of the API.
  Optional: (schema: object) => Object.defineProperty({ ...schema }, OPTIONAL, { value: true }),
  Record: (_key: object, value: object, options?: object) => ({
    type: "object",
    patternProperties: { "^.*$": value },
    ...options,
  }),
  String: (options?: object) => ({ type: "string", ...options }),
  Union: (anyOf: object[], options?: object) => ({ anyOf, ...options }),
  Unknown: (options?: object) => ({ ...options }),
} as unknown as Builder;
