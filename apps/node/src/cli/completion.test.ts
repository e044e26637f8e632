import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { SHELLS } from "./completion.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const PATH = `${dirname(process.execPath)}:${process.env.PATH}`;

/** A shell's script, as the program prints it when it was called as `called` in `folder`. */
const scriptOf = (shell: string, called: string, folder: string): string =>
  execFileSync(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, "completion", shell], {
    cwd: folder,
    env: { ...process.env, CAIRN_CALLED_AS: called },
    encoding: "utf8",
  });

it.each(SHELLS)("of %s has the program's whole path, or its name", (shell) => {
  expect(scriptOf(shell, "cairn", tmpdir())).toContain("(cairn complete --");
  expect(scriptOf(shell, "node bin/cairn.mjs", "/")).toContain("(node /bin/cairn.mjs complete --");
});

it("completes from another folder than the one that it was printed in", () => {
  const folder = mkdtempSync(join(tmpdir(), "cairn's completion "));
  try {
    writeFileSync(join(folder, "called.mjs"), `import ${JSON.stringify(MAIN)};`);
    const script = scriptOf("bash", "node 'called.mjs'", folder);
    const line = "COMP_WORDS=(cairn sta); COMP_CWORD=1; COMP_LINE='cairn sta'; COMP_POINT=9";
    const asked = `${script}\n${line}; _cairn; echo "\${COMPREPLY[@]}"`;
    const words = execFileSync("bash", ["-c", asked], { cwd: "/", env: { ...process.env, PATH }, encoding: "utf8" });
    expect(words.trim().split(" ")).toContain("status");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What a Tab behind `line` makes of it in a bash on a terminal, where `cairn` offers the names that fit, one a line. */
function tabbed(line: string, names: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "cairn-tab-"));
  try {
    writeFileSync(join(folder, "names"), names.map((name) => `${name}\n`).join(""));
    writeFileSync(join(folder, "file"), "");
    const cairn = `cairn() { if [ "$1" = complete ]; then local n; while IFS= read -r n; do
      [[ $n == "\${@: -1}"* ]] && printf '%s\\n' "$n"; done < ${folder}/names; else printf '<%s>' "\${@:2}"; fi; }`;
    writeFileSync(join(folder, "rc"), `${cairn}\n${scriptOf("bash", "cairn", folder)}`);
    const said = execFileSync("script", ["-qec", `bash --rcfile ${folder}/rc -i`, "/dev/null"], {
      cwd: folder,
      env: { ...process.env, HISTFILE: "/dev/null", TERM: "dumb" },
      input: `${line}\t\nexit\n`,
      encoding: "utf8",
    });
    return /<(.*)>/.exec(said.replaceAll("\r", ""))?.[1] ?? said;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it.each([
  { line: "cairn get sta", names: ["stars", "other"], word: "stars" },
  { line: "cairn get ", names: ["*"], word: "*" },
  { line: "cairn get two", names: ["two words"], word: "two words" },
  { line: "cairn get a:", names: ["a:b", "ab"], word: "a:b" },
  { line: "cairn get a", names: ["a:b"], word: "a:b" },
  { line: "cairn get a::b:", names: ["a::b:c d"], word: "a::b:c d" },
  { line: "cairn get a\\:b", names: ["a:b1"], word: "a:b1" },
])("bash completes $line to $word", ({ line, names, word }) => {
  expect(tabbed(line, names)).toBe(word);
});
