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
  expect(scriptOf(shell, "node bin/cairn.mjs", "/")).toContain("(node '/bin/cairn.mjs' complete --");
});

it("completes from another folder than the one that it was printed in", () => {
  const folder = mkdtempSync(join(tmpdir(), "cairn's completion "));
  try {
    writeFileSync(join(folder, "called.mjs"), `import ${JSON.stringify(MAIN)};`);
    const script = scriptOf("bash", "node 'called.mjs'", folder);
    const asked = `${script}\nCOMP_WORDS=(cairn sta); COMP_CWORD=1; _cairn; echo "\${COMPREPLY[@]}"`;
    const words = execFileSync("bash", ["-c", asked], { cwd: "/", env: { ...process.env, PATH }, encoding: "utf8" });
    expect(words.trim().split(" ")).toContain("status");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
