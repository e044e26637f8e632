import { expect, it } from "vitest";
import { treeOf } from "./page-tree.ts";
import type { PageFile } from "./platform.ts";

const fileOf = (lastModified: number) => new File(["bytes"], "old.txt", { lastModified }) as unknown as PageFile;
const secondsOf = (lastModified: number) => treeOf({ name: "old.txt", file: fileOf(lastModified) }).entries[0]?.seconds;

it("takes times as browsers give them, and Chromium's of 1601 for the first instant of 1970, which it means", () => {
  expect([-631_152_000_000, 0, 1, 5_680_281_600_000].map(secondsOf)).toEqual([-631_152_000, 0, 0, 5_680_281_600]);
  expect(secondsOf(-11_644_473_600_000)).toBe(0);
});
it("gives a folder the time of the newest file below it, and an empty one that of the folder that it is in", () => {
  const file = (lastModified: number) => ({ name: `${lastModified}`, file: fileOf(lastModified) });
  const { entries } = treeOf({
    name: "root",
    children: [
      { name: "empty", children: [{ name: "inner", children: [] }] },
      { name: "full", children: [file(3000), file(5000)] },
      file(4000),
    ],
  });
  const times = Object.fromEntries(entries.map(({ name, seconds }) => [name, seconds]));
  expect(times).toMatchObject({ root: 5, empty: 5, inner: 5, full: 5, 3000: 3 });
});
