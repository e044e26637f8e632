#!/usr/bin/env node
// The developer's commands, under the pinned Node. Plain JavaScript, as it must run before anything is installed.
import { join } from "node:path";
import { install, orExplain, pinnedNode, root } from "./bootstrap.mjs";
import { compileCache } from "./compile-cache.mjs";
import { replaceProcess } from "./replace-process.mjs";

const FORGE = "packages/contracts/src/run-forge.ts";
const [command = "", ...rest] = process.argv.slice(2);
/** Each a program of the repository, and what it is always given. */
const programs = {
  test: ["bin/tasks/test.ts"],
  check: ["bin/tasks/check.ts"],
  soak: ["bin/tasks/soak.ts"],
  bench: ["benchmarks/run.ts"],
  pack: ["bin/tasks/pack.ts"],
  "web-app": ["examples/web-app/serve.ts"],
  console: ["apps/console/build/build-console.ts"],
  errors: ["bin/tasks/list-errors.ts"],
  generate: ["packages/contracts/src/generate.ts"],
  forge: [FORGE],
  gas: [FORGE, "--match-contract", "GasTest", "--isolate", "-vv"],
  kernels: ["packages/proofs/src/kernels/build-kernel.ts"],
  "keep-home": ["apps/node/test/support/keep-home.ts"],
  pictures: ["apps/console/test/support/take-pictures.ts"],
};
if (!Object.hasOwn(programs, command)) {
  process.stderr.write(`usage: run.mjs ${Object.keys(programs).join("|")}\n`);
  process.exit(2);
}
const [program, ...always] = programs[command];
await orExplain(async () => {
  await install();
  // Tests start some hundreds of processes: with compiled modules kept, each costs two thirds of the processor time.
  return replaceProcess(pinnedNode(), [join(root, program), ...always, ...rest], compileCache());
});
