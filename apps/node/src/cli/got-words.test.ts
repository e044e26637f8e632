import { expect, it } from "vitest";
import { gotWords } from "./got-words.ts";

it.each([
  ["file", 1, 5, "Got 1 file, 5 B, in 2 s; every block verified"],
  ["directory", 2, 1500, "Got 2 files, 1.50 kB, in 2 s; every block verified"],
  ["directory", 0, 0, "Got the folder /back, in which there is no file, in 2 s; every block verified"],
  ["symlink", 0, 0, "Got the link /back, in 2 s; every block verified"],
] as const)("a %s with %s files is called what it is", (kind, files, bytes, words) => {
  expect(gotWords({ path: "/back", kind, files, bytes }, 2)).toBe(words);
});
