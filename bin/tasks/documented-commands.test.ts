import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "./run-program.ts";

const pages = globSync(["*.md", "docs/**/*.md", "packages/*/*.md", "apps/*/*.md", "benchmarks/*.md"], { cwd: root });

/** Names of the developer's commands, as `run.mjs` itself tells them. */
function tasks(): string[] {
  const { stderr } = spawnSync(process.execPath, [join(root, "bin/run.mjs")], { encoding: "utf8" });
  return /run\.mjs (\S+)/.exec(stderr)?.[1]?.split("|") ?? [];
}

/** A page's command lines that begin with `word`, settings of the environment aside: those in backticks and those of indented blocks. */
function commandsOf(page: string, word: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  const line = new RegExp(`(?:\`|^ {4})(?:[A-Z_]+=\\S* )*${word} ([^\`\\n#]+)`, "gm");
  return [...text.matchAll(line)].map(([, rest = ""]) => rest.trim());
}

it("every `node …` of a page works in a checkout under Node 18: plain JavaScript, and tasks that there are", () => {
  const known = tasks();
  expect(known).toContain("test");
  const found = pages.flatMap((page) => commandsOf(page, "node").map((command) => ({ page, command })));
  const wrong = found.filter(({ command }) => {
    const [file = "", task = ""] = command.split(/\s+/);
    if (!/^bin\/[a-z-]+\.mjs$/.test(file) || !existsSync(join(root, file))) return true;
    return file === "bin/run.mjs" && !known.includes(task);
  });
  expect(wrong).toEqual([]);
  expect(found.length).toBeGreaterThan(15);
});

it("every `npm run …` of a page is a script that starts the pinned Node", () => {
  const found = pages.flatMap((page) => commandsOf(page, "npm run").map((command) => ({ page, command })));
  const wrong = found.filter(({ command }) => {
    const [name = ""] = command.split(/\s+/);
    const workspace = /-w @cairn\/(\S+)/.exec(command)?.[1];
    const path = join(root, workspace === undefined ? "." : `packages/${workspace}`, "package.json");
    const { scripts = {} } = JSON.parse(readFileSync(path, "utf8")) as { scripts?: Record<string, string> };
    return !/^node (\.\.\/\.\.\/)?bin\/(run|cairn)\.mjs /.test(scripts[name] ?? "");
  });
  expect(wrong).toEqual([]);
  expect(found.length).toBeGreaterThan(2);
});
