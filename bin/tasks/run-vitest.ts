import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCLI } from "vitest/node";
import { RESULTS_FILE, type ResultLine } from "./failure-reporter.ts";
import { root, runProgram } from "./run-program.ts";
import type { Tally } from "./static-checks.ts";

/** So many files that fail beside others are tried again, each alone; more than these are no coincidence. */
const MOST_REPEATED = 5;

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

/** Files with a failure that ended, and so can be tried again. */
export function filesToRepeat(lines: readonly ResultLine[]): string[] {
  const failed = lines.filter((line) => ("test" in line ? line.test === "failed" : line.state === "broken"));
  return [...new Set(failed.map(({ file }) => file))];
}

/** What of vitest's arguments is no filter of files: which configuration, project or tests. */
export function optionsOf(args: readonly string[]): string[] {
  const { filter } = parseCLI(["vitest", "run", ...args]);
  return args.filter((arg) => !filter.includes(arg));
}

/**
 * Run vitest, showing its output and each failure as it comes, for at most `seconds`. A few files that failed are run
 * again, each alone, and what that shows counts; that they failed beside others is said.
 */
export async function runVitest(args: string[], seconds: number): Promise<Tally> {
  const scratch = mkdtempSync(join(tmpdir(), "cairn-vitest-"));
  const end = performance.now() + seconds * 1000;
  let runs = 0;
  const run = async (given: string[]) => {
    const file = join(scratch, `results-${++runs}`);
    const reporter = join(root, "bin/tasks/failure-reporter.ts");
    const { code } = await runProgram(
      join(root, "node_modules/vitest/vitest.mjs"),
      ["run", "--reporter=default", `--reporter=${reporter}`, ...given],
      { show: true, seconds: Math.max(1, (end - performance.now()) / 1000), env: { [RESULTS_FILE]: file } },
    );
    return { code, lines: readResults(file) };
  };
  try {
    const first = await run(args);
    const total = outcomeOf(first.lines, first.code);
    if (first.code === 124)
      process.stdout.write(
        `The tests were stopped after ${Math.round(seconds)} s, the longest they may take. Not finished: ${total.unfinished.join(", ") || "none that had begun"}\n`,
      );
    const again = first.code === 124 ? [] : filesToRepeat(first.lines);
    if (again.length <= MOST_REPEATED)
      for (const file of again) {
        const before = outcomeOf(
          first.lines.filter((line) => line.file === file),
          1,
        );
        process.stdout.write(`\n${file} failed beside other tests: once more, alone\n`);
        const alone = await run([...optionsOf(args), file]);
        const after = outcomeOf(alone.lines, alone.code);
        for (const key of ["passed", "failed", "skipped"] as const) total[key] += after[key] - before[key];
        if (after.failed === 0)
          process.stdout.write(`\nUNSTEADY  ${file} passed alone and failed beside other tests: a race to be mended\n`);
      }
    if (total.skipped > 0) process.stdout.write(`${total.skipped} skipped\n`);
    return { passed: total.passed, failed: total.failed };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
