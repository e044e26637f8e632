import { fileURLToPath } from "node:url";

/** Path of the program to run as a process of its own: `node PROVIDER_MAIN CONFIG.json`, options as `optionsFromJson` reads them. */
export const PROVIDER_MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
