import fc from "fast-check";

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  return [
    path,
    ...[...keys].flatMap((key) => pathsOf((value as Record<string | number, unknown>)[key], [...path, key])),
  ];
}

function replaceAt(value: unknown, path: Path, by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = replaceAt(copy[key], rest, by);
  return copy;
}

/** JSON values that are `honest` with one part replaced by anything. */
export function mutationsOf(honest: unknown): fc.Arbitrary<unknown> {
  const anything = fc.oneof(fc.jsonValue(), fc.base64String(), fc.constantFrom<unknown>("", "=", [], {}, -0, 1e300));
  return fc.tuple(fc.constantFrom(...pathsOf(honest)), anything).map(([path, by]) => replaceAt(honest, path, by));
}

/** Anything that JSON can say, and some things that it cannot. */
export const anyValue = fc.oneof(fc.jsonValue(), fc.anything({ withBigInt: true, withTypedArray: true }));
