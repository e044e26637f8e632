import fc, { type Arbitrary } from "fast-check";
import type { TSchema } from "typebox";

type Schema = Record<string, never> & { required?: string[]; properties?: Record<string, TSchema>; pattern?: string };

/** Answers that have a schema's shape. */
export function answersOf(of: TSchema): Arbitrary<unknown> {
  const schema = of as unknown as Schema;
  if (schema.anyOf !== undefined) return fc.oneof(...(schema.anyOf as TSchema[]).map(answersOf));
  if (schema.const !== undefined) return fc.constant(schema.const);
  const {
    minimum = -1000,
    maximum = Number.MAX_SAFE_INTEGER,
    minItems = 0,
    maxLength = 200,
  } = schema as {
    minimum?: number;
    maximum?: number;
    minItems?: number;
    maxLength?: number;
  };
  switch (schema.type as string | undefined) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc
        .oneof(fc.integer({ min: minimum, max: Math.min(maximum, 300) }), fc.maxSafeInteger())
        .map((value) => Math.min(Math.max(value, minimum), maximum));
    case "number":
      return fc.double({ min: 1, max: 100, noNaN: true });
    case "string":
      return schema.pattern === undefined
        ? fc.string({ maxLength })
        : fc.stringMatching(new RegExp(schema.pattern)).filter((text) => text.length <= maxLength);
    case "array":
      return fc.array(answersOf(schema.items as unknown as TSchema), { minLength: minItems, maxLength: minItems + 3 });
    case "object":
      return schema.properties === undefined
        ? fc.dictionary(fc.string(), fc.jsonValue())
        : fc.record(
            Object.fromEntries(Object.entries(schema.properties).map(([name, field]) => [name, answersOf(field)])),
            { requiredKeys: schema.required ?? [] },
          );
    default:
      return fc.jsonValue();
  }
}

/** What stands somewhere in an answer instead of what belongs there; undefined: nothing. */
export const REPLACEMENTS: readonly unknown[] = [
  ...[
    undefined,
    null,
    true,
    [],
    {},
    "",
    "0x",
    "-1",
    "1e9",
    "\u0000",
    "__proto__",
    "9".repeat(400),
    [null],
    { length: 1e9 },
  ],
  ...[-1, 0, 0.5, 1e300, 2 ** 53, -(2 ** 53), 2 ** 32, 8.64e12, 8.64e15],
];

/** Some of the places in a JSON value: paths of names and indices. */
export function placesIn(value: unknown, at: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([name, one]) => placesIn(one, [...at, name]))];
}

/** A copy of a JSON value with another one at a place. */
export function replaced(value: unknown, [first, ...rest]: (string | number)[], by: unknown): unknown {
  if (first === undefined) return by;
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...(value as object) };
  copy[first] = replaced(copy[first], rest, by);
  return JSON.parse(JSON.stringify(copy)) as unknown;
}

/** Answers that are wrong in one place or a few, or not. */
export function bent(answers: Arbitrary<unknown>): Arbitrary<unknown> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(...REPLACEMENTS), fc.jsonValue())), {
    minLength: 1,
    maxLength: 3,
  });
  return fc.tuple(answers, changes).map(([answer, [...each]]) =>
    each.reduce<unknown>((value, [index, by]) => {
      const places = placesIn(value);
      return replaced(value, places[index % places.length] ?? [], by);
    }, answer),
  );
}
