#!/usr/bin/env node
// Looks like native solc to forge and is solc-js: forge passes standard JSON with every source in it.
"use strict";
const solc = require("solc");

if (process.argv.includes("--version")) {
  // forge reads "MAJOR.MINOR.PATCH+commit.HASH.PLATFORM"; solc-js names Emscripten as its platform.
  const version = solc.version().replace("Emscripten.clang", "Linux.g++");
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else {
  process.stdout.write(solc.compile(require("node:fs").readFileSync(0, "utf8")));
}
