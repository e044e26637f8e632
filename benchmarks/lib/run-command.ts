import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type ProcessUse, ProcessWatch } from "./processes.ts";

const { compileCache } = (await import(new URL("../../bin/compile-cache.mjs", import.meta.url).href)) as {
  compileCache(): Record<string, string>;
};
const MAIN = fileURLToPath(new URL("../../apps/node/src/main.ts", import.meta.url));

export interface Timed {
  seconds: number;
  /** Seconds at which each line of its output came. */
  lines: { at: number; text: string }[];
  use: ProcessUse;
}

/** Run the command line to its end; throws with what it said when it fails. */
export async function runCommand(args: string[]): Promise<Timed> {
  const started = performance.now();
  const now = () => (performance.now() - started) / 1000;
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    // As `cairn` itself begins it: without, two seconds of each command go into stripping types.
    env: { ...process.env, ...compileCache() },
  });
  const watch = new ProcessWatch(() => [{ name: `cairn ${args[0]}`, pid: child.pid ?? 0 }], 100);
  const lines: Timed["lines"] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n")) if (line !== "") lines.push({ at: now(), text: line });
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  watch.stop();
  if (code !== 0) throw new Error(`cairn ${args[0]} failed:\n${lines.map(({ text }) => text).join("\n")}`);
  const [use] = watch.report();
  return { seconds: now(), lines, use: use ?? { name: `cairn ${args[0]}`, peakMiB: 0, cpuSeconds: 0 } };
}
