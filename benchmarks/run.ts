// npm run bench [-- NAME...]: each script of this directory, or the named ones, in a process of its own, one after the other.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { exitWithParent } from "@cairn/process";
import { runProgram } from "../bin/tasks/run-program.ts";

const LONGEST_SECONDS = 3_600;

exitWithParent();
const all = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".ts") && name !== "run.ts")
  .map((name) => name.slice(0, -".ts".length))
  .toSorted();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark is called ${unknown.join(", ")}; there are ${all.join(", ") || "none"}\n`);
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : all) {
  process.stdout.write(`\n## ${name}\n`);
  const { code } = await runProgram(join(import.meta.dirname, `${name}.ts`), [], {
    show: true,
    seconds: LONGEST_SECONDS,
  });
  if (code !== 0) {
    process.stdout.write(`${name} ended with exit code ${code}\n`);
    process.exitCode = 1;
  }
}
