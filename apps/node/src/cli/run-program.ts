import { printable, printableJson } from "@cairn/core/printable";
import { exitWithParent } from "@cairn/process/exit-with-parent";
import { asCairnError, CairnError } from "@cairn/protocol/errors";
import { type Command, CommanderError } from "commander";
import { asCalled, hintAsCalled, messageAsCalled } from "./as-called.ts";
import { endWithNpm } from "./end-with-npm.ts";
import { guardOutput } from "./guard-output.ts";
import { interruptedCode } from "./interruptible.ts";
import { endBar } from "./progress.ts";
import { restoreArguments } from "./raw-arguments.ts";
import { refuseEmpty } from "./refuse-empty.ts";
import { usageError } from "./usage-error.ts";

const EXIT_CODES: Record<CairnError["kind"], number> = {
  input: 2,
  auth: 3,
  missing: 4,
  conflict: 5,
  unavailable: 6,
  exhausted: 7,
  corrupt: 8,
  internal: 1,
};

const TEMPORARY_GRACE_MILLISECONDS = 60_000;

/** Run the command line of this process, report what went wrong, and end the process, whatever is still open. */
export async function runProgram(program: Command): Promise<never> {
  // A temporary network has a home to remove when it has ended.
  exitWithParent(process.argv.includes("--temporary") ? TEMPORARY_GRACE_MILLISECONDS : undefined);
  endWithNpm();
  restoreArguments();
  guardOutput();
  program.hook("preAction", (_, command) => refuseEmpty(command));
  process.once("beforeExit", endUnsettled);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) report(usageError(program, error, process.argv.slice(2)), true);
    else report(error, false);
  }
  endBar();
  // Both are written in order, so what was said before is out when these are.
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))));
  process.exit();
}

/** Nothing is left that could settle the command: without this, Node ends the process with its own code 13 and its own words. */
function endUnsettled(): void {
  const message = "the command did not end: something that it waited for never happened";
  report(new CairnError(message, { code: "command-unsettled", kind: "internal" }), false);
  process.exit();
}

/** Whether a program reads the answer. Also asked where the command line could not be understood: what follows `--` is never an option. */
export function wantsJson(): boolean {
  const end = process.argv.indexOf("--");
  return process.argv.slice(2, end === -1 ? undefined : end).includes("--json");
}

/** @param usage the command line could not be understood, and the help may be there already */
function report(error: unknown, usage: boolean): void {
  endBar();
  if (error === undefined) return;
  const known = asCairnError(error);
  process.exitCode = interruptedCode() ?? EXIT_CODES[known.kind];
  if (wantsJson()) {
    process.stdout.write(`${printableJson({ error: known.toJSON() }, hintAsCalled, 2)}\n`);
    return;
  }
  // The help says it better.
  if (usage && known.code === "missing-command") return;
  process.stderr.write(`cairn: ${printable(messageAsCalled(known.message))}\n`);
  if (known.next !== undefined) process.stderr.write(`       ${printable(asCalled(known.next))}\n`);
  if (known.kind === "internal" && error instanceof Error) {
    const stack = (error.stack ?? "").split("\n").map(printable).join("\n");
    process.stderr.write(`       (${known.code}; this is a defect, please report it)\n${stack}\n`);
  }
}
