#!/usr/bin/env node
// The developer's commands: test, check, soak, bench, pack. Plain JavaScript, as it must run before anything is installed.
import { join } from "node:path";
import { install, orExplain, pinnedNode, root } from "./bootstrap.mjs";
import { compileCache } from "./compile-cache.mjs";
import { replaceProcess } from "./replace-process.mjs";

const [command = "", ...rest] = process.argv.slice(2);
const programs = {
  test: "bin/tasks/test.ts",
  check: "bin/tasks/check.ts",
  soak: "bin/tasks/soak.ts",
  bench: "benchmarks/run.ts",
  pack: "bin/tasks/pack.ts",
};
const program = programs[command];
if (program === undefined) {
  process.stderr.write(`usage: run.mjs ${Object.keys(programs).join("|")}\n`);
  process.exit(2);
}
await orExplain(async () => {
  await install();
  // Tests start some hundreds of processes: with compiled modules kept, each costs two thirds of the processor time.
  return replaceProcess(pinnedNode(), [join(root, program), ...rest], compileCache());
});
