// An object knows names that nobody gave it: looked up by another's text, "constructor" or "__proto__" finds something.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run-program.ts";

const TABLE = /\bconst (\w+): (?:Readonly<)?Record<string, [^=]*> = \{(?!\s*\})/g;

/** Lines of a source text where a table with free keys is looked up by brackets, but for those that ask `Object.hasOwn` first. */
export function lookupsIn(text: string): { line: number; text: string }[] {
  const names = Array.from(text.matchAll(TABLE), ([, name]) => name!);
  return text.split("\n").flatMap((line, index) => {
    const isLookup = names.some(
      (name) => new RegExp(`(?<![\\w.])${name}\\[(?!["'\`])`).test(line) && !line.includes(`Object.hasOwn(${name},`),
    );
    return isLookup ? [{ line: index + 1, text: line.trim() }] : [];
  });
}

/** Every such place outside of tests, or undefined. */
export async function checkLookups(): Promise<string | undefined> {
  const found = ["packages", "apps"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter(
        (path) => /\.tsx?$/.test(path) && !/node_modules|\.test\.ts$|\/testing\/|\/test\/|\.suite\.ts$/.test(path),
      )
      .flatMap((path) =>
        lookupsIn(readFileSync(join(root, folder, path), "utf8")).map(
          ({ line, text }) => `${folder}/${path}:${line}: ${text}`,
        ),
      ),
  );
  if (found.length === 0) return undefined;
  return `${found.join("\n")}\nUse a Map, or ask Object.hasOwn on the same line: a stranger's text may be "constructor".`;
}
