// Arguments stand on the stack: an array of data spread into a call overflows it from some 120,000 elements on.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run-program.ts";

const SPREAD =
  /\.(?:push|unshift|concat)\(\s*\.\.\.|Math\.(?:min|max)\(\s*\.\.\.|String\.from(?:CharCode|CodePoint)\(\s*\.\.\./;

/** Every place outside of tests where an array is spread into a call that takes any number of arguments, or undefined. */
export async function checkSpread(): Promise<string | undefined> {
  const found = ["packages", "apps"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter(
        (path) => /\.tsx?$/.test(path) && !/node_modules|\.test\.ts$|\/testing\/|\/test\/|\.suite\.ts$/.test(path),
      )
      .flatMap((path) => {
        const lines = readFileSync(join(root, folder, path), "utf8").split("\n");
        return lines.flatMap((line, index) =>
          SPREAD.test(line) ? [`${folder}/${path}:${index + 1}: ${line.trim()}`] : [],
        );
      }),
  );
  if (found.length === 0) return undefined;
  return `${found.join("\n")}\nPush in a loop, or use lowest and highest of @cairn/core.`;
}
