import { expect, it } from "vitest";
import { treeOf } from "./page-tree.ts";
import type { PageFile } from "./platform.ts";

const fileOf = (lastModified: number) => new File(["bytes"], "old.txt", { lastModified }) as unknown as PageFile;
const secondsOf = (lastModified: number) => treeOf({ name: "old.txt", file: fileOf(lastModified) }).entries[0]?.seconds;

it("takes times as browsers give them, and Chromium's of 1601 for the first instant of 1970, which it means", () => {
  expect([-631_152_000_000, 0, 1, 5_680_281_600_000].map(secondsOf)).toEqual([-631_152_000, 0, 0, 5_680_281_600]);
  expect(secondsOf(-11_644_473_600_000)).toBe(0);
});
