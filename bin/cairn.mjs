#!/usr/bin/env node
// Starts the product under the pinned Node; everything else lives in apps/node.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { install, main, orExplain, pinnedNode, root } from "./bootstrap.mjs";
import { compileCache } from "./compile-cache.mjs";
import { pastProxies } from "./past-proxies.mjs";
import { replaceProcess } from "./replace-process.mjs";

/** Node gives arguments as UTF-8, with whatever is not replaced; names of files are bytes. */
function carryArguments() {
  if (!process.argv.some((argument) => argument.includes("\ufffd")) || !existsSync("/proc/self/cmdline")) return;
  process.env.CAIRN_ARGUMENTS = readFileSync("/proc/self/cmdline").toString("base64");
}

/** For hints: as the person can call it again from where they are. */
function calledAs(program) {
  if (!program.endsWith("cairn.mjs")) return process.env.npm_command === "exec" ? "npx cairn" : "cairn";
  const near = relative(process.cwd(), program);
  const path = near.length < program.length ? near : program;
  return `node ${/^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`}`;
}

/** Beside the start of a network, for the next start: each process loads in a third of the time from a bundle. Without them all works. */
function renewBundles(env) {
  const program = join(root, "bin/tasks/build-bundles.ts");
  if (!["up", "start"].includes(process.argv[2]) || process.env.CAIRN_BUNDLES === "off" || !existsSync(program)) return;
  const child = spawn(pinnedNode(), ["--disable-warning=ExperimentalWarning", program], {
    stdio: "ignore",
    env: { ...process.env, ...env },
  });
  child.on("error", () => undefined);
  child.unref();
  process.once("exit", () => child.kill());
}

await orExplain(async () => {
  await install();
  carryArguments();
  const env = { ...compileCache(), ...pastProxies(process.env), CAIRN_CALLED_AS: calledAs(process.argv[1] ?? "") };
  renewBundles(env);
  return replaceProcess(pinnedNode(), [main, ...process.argv.slice(2)], env);
});
