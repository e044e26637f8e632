import { join } from "node:path";
import { eachBounded } from "@cairn/core/semaphore";
import { checkImports } from "./check-imports.ts";
import { checkLookups } from "./check-lookups.ts";
import { checkMessages } from "./check-messages.ts";
import { checkRooms } from "./check-rooms.ts";
import { checkSpread } from "./check-spread.ts";
import { root, runProgram } from "./run-program.ts";

/** What is wrong, or undefined. */
type Check = () => Promise<string | undefined>;

const program =
  (path: string, ...args: string[]): Check =>
  async () => {
    const { code, output } = await runProgram(join(root, "node_modules", path), args);
    return code === 0 ? undefined : output || `exit ${code}`;
  };

const errorsPage: Check = async () => {
  const { code, output } = await runProgram(join(root, "bin/tasks/list-errors.ts"), ["--check"]);
  return code === 0 ? undefined : output;
};

const CHECKS: Record<string, Check> = {
  types: program("typescript7/bin/tsc", "-p", "."),
  // Its sources are a browser's, which has a DOM.
  "console types": program("typescript7/bin/tsc", "-p", "apps/console"),
  "example types": program("typescript7/bin/tsc", "-p", "examples"),
  style: program("@biomejs/biome/bin/biome", "check", "--error-on-warnings"),
  imports: checkImports,
  spread: checkSpread,
  lookups: checkLookups,
  rooms: checkRooms,
  messages: checkMessages,
  unused: program("knip/bin/knip.js"),
  errors: errorsPage,
};

export interface Tally {
  passed: number;
  failed: number;
}

/** A machine of two cores is busy with so many: all but the check of types are of one thread. */
const AT_ONCE = 2;

async function runCheck(name: string, check: Check): Promise<boolean> {
  const began = performance.now();
  const wrong = await check().catch((error: unknown) => String(error));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(`${wrong === undefined ? "passed" : "FAILED"}  ${name} (${seconds} s)\n`);
  if (wrong !== undefined) process.stdout.write(`${wrong}\n\n`);
  return wrong === undefined;
}

/** Run every static check and print what each found as it ends; each counts as one. */
export async function runStaticChecks(): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0 };
  await eachBounded(Object.entries(CHECKS), AT_ONCE, async ([name, check]) => {
    const passed = await runCheck(name, check);
    tally[passed ? "passed" : "failed"]++;
  });
  return tally;
}

/** The last line of a run, in the form that machines read, and the exit code. */
export function conclude(tally: Tally): void {
  process.exitCode = tally.failed === 0 ? 0 : 1;
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`);
}
