import { runBundled } from "@cairn/process/bundled";

await runBundled(import.meta.url, () => import("./cli/command-line.ts"));
