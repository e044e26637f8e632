import { fileURLToPath } from "node:url";

/** The program to spawn: `node CHAIN_NODE_FLAGS CHAIN_MAIN config.json`. */
export const CHAIN_MAIN = fileURLToPath(new URL("../node-main.ts", import.meta.url));

/** Bounds the heap: the caches need some 150 MB of it. */
export const CHAIN_NODE_FLAGS = ["--max-old-space-size=512"] as const;
