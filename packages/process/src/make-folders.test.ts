import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { makeFolders } from "./make-folders.ts";

const directory = mkdtempSync(join(tmpdir(), "cairn-folders-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("makes a folder with those above it, for their owner alone, and leaves what is there", () => {
  const path = join(directory, "a", "b", "c");
  makeFolders(path);
  makeFolders(path);
  for (const one of [path, join(directory, "a")]) expect(statSync(one).mode & 0o777).toBe(0o700);
});

it("ends with an error where no folder can be made", () => {
  expect(() => makeFolders("/proc/nothing/of/this")).toThrow(/ENOENT/);
  writeFileSync(join(directory, "file"), "");
  expect(() => makeFolders(join(directory, "file", "below"))).toThrow(/ENOTDIR/);
});
