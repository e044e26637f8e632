import { readFileSync } from "node:fs";
import { type AccountKey, generateAccountKey, type Packed, packFolder } from "@cairn/archive";
import { CommittingSink } from "./committing-sink.ts";

/** Packs a folder and computes its pieces' CommP; keeps the CARs only if there is a folder for them. */
export async function packWithCommP(
  key: AccountKey,
  path: string,
  carFolder?: string,
): Promise<{ seconds: number; result: Packed }> {
  const started = performance.now();
  const sink = new CommittingSink(carFolder);
  const result = await packFolder({
    path,
    key,
    packageId: "0".repeat(32),
    name: "benchmark",
    repairKey: new Uint8Array(32),
    created: 0,
    sink,
  });
  await sink.finish(result.root);
  return { seconds: (performance.now() - started) / 1000, result };
}

// Run by itself: packs the folder given, and prints the largest memory of the process in MiB.
if (import.meta.main) {
  await packWithCommP(await generateAccountKey({ name: "benchmark" }), process.argv[2] ?? "");
  // Not resourceUsage: that counts what the parent had before exec, too.
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  process.stdout.write(`${Number(peak) / 1024}\n`);
}
