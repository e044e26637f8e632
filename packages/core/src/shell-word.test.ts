import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { shellWord } from "./shell-word.ts";

it.each(["", "a b", "it's", "$HOME", "~/x", "a\nb", "`id`", "*", "-rf", "ü"])("is %j for a shell, too", (word) => {
  const said = execFileSync("sh", ["-c", `printf '%s|' ${shellWord(word)}`], { encoding: "utf8" });
  expect(said).toBe(`${word}|`);
});

it("leaves a plain path as it is", () => {
  expect(shellWord("/data/cairn-1/a.b")).toBe("/data/cairn-1/a.b");
});
