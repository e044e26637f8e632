import { appendFileSync } from "node:fs";
import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Where the results go, a line of JSON each; set by run-vitest.ts. */
export const RESULTS_FILE = "CAIRN_TEST_RESULTS";

/** Milliseconds for workers to end, and vitest with them, after the last test. */
const GRACE_AFTER_RUN = 60_000;

export type ResultLine =
  | { test: "passed" | "failed" | "skipped"; file: string }
  /** A test file began, or ended; `broken`: it failed outside of any test. */
  | { file: string; state: "begun" | "ended" | "broken" };

/** Shows each failure at the moment it happens, and notes every result in a file, so that a run that is cut short still tells what it knew. */
export default class FailureReporter implements Reporter {
  readonly #file = process.env[RESULTS_FILE];

  onTestModuleStart(module: TestModule): void {
    this.#note({ file: module.relativeModuleId, state: "begun" });
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    if (result.state === "pending") return;
    this.#note({ test: result.state, file: test.module.relativeModuleId });
    if (result.state === "failed") this.#show(`${test.module.relativeModuleId} > ${test.fullName}`, result.errors);
  }

  onTestModuleEnd(module: TestModule): void {
    const errors = module.errors();
    const broken =
      errors.length > 0 || (module.state() === "failed" && [...module.children.allTests("failed")].length === 0);
    this.#note({ file: module.relativeModuleId, state: broken ? "broken" : "ended" });
    if (broken) this.#show(module.relativeModuleId, errors);
  }

  /** Vitest waits without end for the output of a worker that ended, and a process that a test left behind keeps it open. */
  onTestRunEnd(): void {
    const leave = () => {
      process.stdout.write(
        "A test left a process behind that holds its worker's output; ended without waiting for it.\n",
      );
      process.exit();
    };
    setTimeout(leave, GRACE_AFTER_RUN).unref();
  }

  #note(line: ResultLine): void {
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  #show(what: string, errors: readonly { message: string; stack?: string | undefined }[]): void {
    const texts = errors.map(({ message, stack }) => stack ?? message);
    process.stdout.write(`\nFAILED  ${what}\n${texts.join("\n")}\n\n`);
  }
}
