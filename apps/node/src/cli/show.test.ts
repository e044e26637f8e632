import type { Manifest } from "@cairn/archive";
import { expect, it } from "vitest";
import { entriesUnder, timeWords } from "./show.ts";

it("shows a time that no date can be as seconds", () => {
  expect(timeWords(0)).toBe("1970-01-01T00:00:00.000Z");
  expect(timeWords(8_640_000_000_000)).toBe("+275760-09-13T00:00:00.000Z");
  for (const seconds of [8_640_000_000_001, 2 ** 52, -(2 ** 52)]) expect(timeWords(seconds)).toBe(`${seconds} s`);
});

it("lists what is at a path and below it, and says when nothing is", async () => {
  const common = { mode: 0o755, seconds: 0, nanoseconds: 0 };
  const entries = ["root", "beach", "town"].map((name) => ({ ...common, kind: "directory" as const, parent: 0, name }));
  const manifest = { layout: "private", name: "trip", package: "00", entries } as unknown as Manifest;
  const paths = async (text: string) => (await entriesUnder(manifest, text)).map(({ path }) => path);
  expect([await paths(""), await paths("beach")]).toEqual([["beach", "town"], ["beach"]]);
  await expect(paths("nope")).rejects.toMatchObject({ code: "path-not-found", kind: "missing" });
});
