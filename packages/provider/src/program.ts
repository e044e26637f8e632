import { fileURLToPath } from "node:url";

/** The program to spawn: `node PROVIDER_MAIN config.json`. */
export const PROVIDER_MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
