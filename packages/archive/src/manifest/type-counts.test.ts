import { expect, it } from "vitest";
import { countTypes, sumTypes, typeCountsOf } from "./type-counts.ts";

it("counts files and bytes by type, most bytes first, and what is of little weight together", () => {
  expect(
    countTypes([{ size: 1, type: "a/b" }, { size: 5, type: "c/d" }, { size: 2, type: "a/b" }, { size: 0 }]),
  ).toEqual({
    "c/d": { files: 1, bytes: 5 },
    "a/b": { files: 2, bytes: 3 },
    other: { files: 1, bytes: 0 },
  });
  const many = countTypes(Array.from({ length: 40 }, (_, number) => ({ size: number, type: `t/${number}` })));
  expect(Object.keys(many)).toHaveLength(17);
  expect(many.other).toEqual({ files: 24, bytes: (23 * 24) / 2 });
  expect(Object.keys(many)[0]).toBe("t/39");
  expect(sumTypes([many, many]).other).toEqual({ files: 48, bytes: 23 * 24 });
});

it("takes only counts for counts", () => {
  const counts = countTypes([{ size: 1, type: "a/b" }]);
  expect(typeCountsOf(JSON.parse(JSON.stringify(counts)))).toEqual(counts);
  for (const other of [
    undefined,
    null,
    1,
    "x",
    [1],
    { "a/b": 1 },
    { "a/b": { files: -1, bytes: 0 } },
    { "a b": { files: 1, bytes: 1 } },
  ]) {
    expect(typeCountsOf(other)).toBeUndefined();
  }
});
