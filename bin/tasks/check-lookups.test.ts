import { expect, it } from "vitest";
import { checkLookups, lookupsIn } from "./check-lookups.ts";

it("finds a table that a stranger's text is looked up in, and none that asks first", () => {
  const table = "const WORDS: Record<string, string> = { a: 'b' };\n";
  expect(lookupsIn(`${table}const word = WORDS[code] ?? "";`)).toEqual([
    { line: 2, text: 'const word = WORDS[code] ?? "";' },
  ]);
  expect(lookupsIn("const W: Readonly<Record<string, readonly [a: number]>> = { b: [1] };\nW[x];")).toHaveLength(1);
  expect(lookupsIn(`${table}Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;`)).toEqual([]);
  expect(lookupsIn("const WORDS = new Map();\nWORDS.get(code); OTHER_WORDS[0];")).toEqual([]);
});

it("finds none in the product", async () => {
  expect(await checkLookups()).toBeUndefined();
});
