import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RESULTS_FILE, type ResultLine } from "./failure-reporter.ts";
import { root, runProgram } from "./run-program.ts";
import type { Tally } from "./static-checks.ts";

interface Outcome extends Tally {
  skipped: number;
  /** Test files that had begun and not ended when the run was cut short. */
  unfinished: string[];
}

/** What the noted results add up to: a file that failed outside of its tests is one failure, and so is any other fault of the run. */
export function outcomeOf(lines: readonly ResultLine[], code: number): Outcome {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const open = new Set<string>();
  for (const line of lines) {
    if ("test" in line) counts[line.test] += 1;
    else if (line.state === "begun") open.add(line.file);
    else {
      open.delete(line.file);
      if (line.state === "broken") counts.failed += 1;
    }
  }
  const unfinished = [...open];
  const failed = counts.failed + unfinished.length;
  return { ...counts, failed: failed === 0 && code !== 0 ? 1 : failed, unfinished };
}

/** The noted results; a last line that was being written when the run was killed is left out. */
function readResults(path: string): ResultLine[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return []; // Vitest ended before it noted one: counted as a failure.
  }
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ResultLine);
}

/** Run vitest, showing its output and each failure as it comes, for at most `seconds`. */
export async function runVitest(args: string[], seconds: number): Promise<Tally> {
  const scratch = mkdtempSync(join(tmpdir(), "cairn-vitest-"));
  const file = join(scratch, "results");
  try {
    const reporter = join(root, "bin/tasks/failure-reporter.ts");
    const { code } = await runProgram(
      join(root, "node_modules/vitest/vitest.mjs"),
      ["run", "--reporter=default", `--reporter=${reporter}`, ...args],
      { show: true, seconds, env: { [RESULTS_FILE]: file } },
    );
    const { skipped, unfinished, ...tally } = outcomeOf(readResults(file), code);
    if (code === 124)
      process.stdout.write(
        `The tests were stopped after ${Math.round(seconds)} s, the longest they may take. Not finished: ${unfinished.join(", ") || "none that had begun"}\n`,
      );
    if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
    return tally;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
