import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { titlesIn } from "./testing/titles-in.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

interface Row {
  id: string;
  where: string;
  tests: string[];
}

/** The rows of a page's table of promises. */
function promisesOf(page: string): Row[] {
  const text = readFileSync(`${root}${page}`, "utf8");
  return text
    .split("\n")
    .filter((line) => /^\| \d{3}-/.test(line))
    .map((line) => line.split("|").slice(1, -1))
    .map(([id = "", , where = "", tests = ""]) => ({
      ...{ id: id.trim(), where },
      tests: tests.trim() === "–" ? [] : tests.trim().split(/; (?=`)/),
    }));
}

const numbered = (from: string, count: number) => Array.from({ length: count }, (_, at) => `${from}${at + 1}`);
const lettered = (from: string, letters: string) => [...letters].map((letter) => `${from}${letter}`);

/** What each page answers for. */
const PAGES: Record<string, string[]> = {
  "docs/console.md": [
    ...["I3", "I4", "I5", "I6"],
    ...[lettered("A1", "abc"), lettered("A2", "abc"), lettered("A3", "abc"), lettered("A4", "ab")].flat(),
    ...[...lettered("B0", "abc"), ...numbered("B", 10)],
    ...[...lettered("C1", "abcd"), "C2", "C3", "C4", ...lettered("C5", "ab"), "C6", "C7", ...lettered("C8", "ab")],
    ...[...lettered("C9", "ab"), "C10", ...lettered("C11", "abcde"), "C12", ...lettered("C13", "abc"), "C14"],
    ...[...lettered("C15", "abc"), ...lettered("C16", "ab"), "C17", ...numbered("C17.", 12)],
    ...["D0", ...numbered("D", 7), ...lettered("D8", "abc"), ...lettered("D9", "ab"), "D10", "D11", "D12", "D13"],
    ...[...lettered("E1", "abc"), ...lettered("E2", "abcde")],
    ...[...lettered("G1", "ab"), "G2", ...lettered("G3", "abc")],
  ].map((id) => `000-${id}`),
};

describe.each(Object.entries(PAGES))("the promises of %s", (page, ids) => {
  it("are all there, each once", () => {
    expect(promisesOf(page).map(({ id }) => id)).toEqual(ids);
  });

  it("have a test each, or say plainly what is not there", () => {
    const silent = promisesOf(page).filter(
      ({ where, tests }) => tests.length === 0 && !/\*\*(Not yet|In its place)\*\*/.test(where),
    );
    expect(silent.map(({ id }) => id)).toEqual([]);
  });

  it("name tests that exist, by their titles", () => {
    const wrong = promisesOf(page).flatMap(({ id, tests }) =>
      tests
        .filter((test) => {
          const [, file = "", title = ""] = /^`([^`]+)`: (.+)$/.exec(test) ?? [];
          return !existsSync(root + file) || !titlesIn(readFileSync(root + file, "utf8")).includes(title);
        })
        .map((test) => `${id}: ${test}`),
    );
    expect(wrong).toEqual([]);
  });
});
