import { enableCompileCache, flushCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runBundled } from "@cairn/process/bundled";

// Compiled modules come from a cache: 25 MB less of memory than with the TypeScript stripper loaded, and a quicker start.
enableCompileCache();
// A provider allocates little: a young generation that does not grow costs it nothing and saves another 10 MB.
setFlagsFromString("--semi-space-growth-factor=1");
await runBundled(import.meta.url, () => import("./serve-provider.ts"));
flushCompileCache();
