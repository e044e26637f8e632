import { writeSync } from "node:fs";
import { isWorking } from "./interruptible.ts";

/**
 * What becomes of words that cannot be written. A reader that has gone (`cairn ls | head -1`) ends a command that only speaks, quietly;
 * one that works goes on in silence. Any other failure, such as a full disk, ends the command with a sentence.
 */
export function guardOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The terminal or the reader is gone; a signal may be on its way too.
    if (isWorking() && (error.code === "EPIPE" || error.code === "EIO")) return;
    if (error.code !== "EPIPE") {
      tellLast(`cairn: cannot write to standard output: ${reasonOf(error)}\n`);
      process.exit(1);
    }
    process.exit(process.exitCode ?? 0);
  });
  // Nobody can be told that standard error is gone.
  process.stderr.on("error", () => undefined);
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOSPC") return "no space is left on the device";
  if (error.code === "EIO") return "the terminal is gone";
  return error.message;
}

function tellLast(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // Standard error is gone too; the exit code says it.
  }
}
