#!/usr/bin/env node
// Starts the product under the pinned Node; everything else lives in apps/node.
import { join } from "node:path";
import { install, orExplain, pinnedNode, root } from "./bootstrap.mjs";
import { replaceProcess } from "./replace-process.mjs";

await orExplain(() => {
  install();
  return replaceProcess(pinnedNode(), [join(root, "apps/node/src/main.ts"), ...process.argv.slice(2)]);
});
