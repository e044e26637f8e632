import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, runProgram } from "./run-program.ts";
import type { Tally } from "./static-checks.ts";

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

/** Passed and failed of a report; a file that could not even be loaded counts as one failure, and so does any other fault of the run. */
export function tallyOf(report: Report | undefined, code: number): Tally & { skipped: number } {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  ).length;
  const failed = report.numFailedTests + unloaded;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Report;
  } catch {
    return undefined; // Vitest ended before it wrote one: counted as a failure.
  }
}

/** Run vitest, showing its output, for at most `seconds`. */
export async function runVitest(args: string[], seconds: number): Promise<Tally> {
  const scratch = mkdtempSync(join(tmpdir(), "cairn-vitest-"));
  const file = join(scratch, "report.json");
  try {
    const { code } = await runProgram(
      join(root, "node_modules/vitest/vitest.mjs"),
      ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...args],
      { show: true, seconds },
    );
    if (code === 124)
      process.stdout.write(`The tests were stopped after ${Math.round(seconds)} s, the longest they may take.\n`);
    const { skipped, ...tally } = tallyOf(readReport(file), code);
    if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
    return tally;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
