import { runBundled } from "@cairn/process/bundled";

await runBundled(import.meta.url, () => import("./serve-reader.ts"));
