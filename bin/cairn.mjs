#!/usr/bin/env node
// Starts the product under the pinned Node; everything else lives in apps/node.
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { install, main, orExplain, pinnedNode } from "./bootstrap.mjs";
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

await orExplain(async () => {
  await install();
  carryArguments();
  const env = { ...compileCache(), ...pastProxies(process.env), CAIRN_CALLED_AS: calledAs(process.argv[1] ?? "") };
  return replaceProcess(pinnedNode(), [main, ...process.argv.slice(2)], env);
});
