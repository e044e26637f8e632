import { fstatSync } from "node:fs";
import { Socket } from "node:net";

/** Environment variable that names the descriptor which reaches its end when the parent is gone, and the parent: `3:4711`. */
export const PARENT_PIPE = "CAIRN_PARENT_PIPE";

/** What a parent sets `PARENT_PIPE` to for the child that it gives the descriptor. */
export const parentPipe = (descriptor: number): string => `${descriptor}:${process.pid}`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/**
 * The descriptor that was handed to this very process, or undefined. A variable that came from further up, without its descriptor, names
 * another living parent, or a number under which this process has no socket.
 */
function ownDescriptor(text: string | undefined): number | undefined {
  const [, digits, parent] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(text ?? "") ?? [];
  if (digits === undefined) return undefined;
  if (parent !== undefined && Number(parent) !== process.ppid && isAlive(Number(parent))) return undefined;
  const descriptor = Number(digits);
  try {
    return descriptor >= 3 && fstatSync(descriptor).isSocket() ? descriptor : undefined;
  } catch {
    return undefined;
  }
}

/**
 * End this process when the one that started it dies, by whatever signal: the same orderly stop as SIGTERM, and a hard
 * exit when that has not finished after `graceMilliseconds`. Does nothing when no parent pipe was handed over.
 *
 * Call it once, at the top of a program's main module. The variable is taken out of the environment, as the number
 * means nothing to children of this process.
 */
export function exitWithParent(graceMilliseconds = 4_000): void {
  const descriptor = ownDescriptor(process.env[PARENT_PIPE]);
  delete process.env[PARENT_PIPE];
  if (descriptor === undefined) return;
  // Whoever reads our output dies with the parent, and words that nobody hears must not cut the orderly stop short.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const pipe = new Socket({ fd: descriptor, readable: true, writable: false });
  let orphaned = false;
  const stop = () => {
    if (orphaned) return;
    orphaned = true;
    setTimeout(() => process.exit(1), graceMilliseconds).unref();
    process.kill(process.pid, "SIGTERM");
  };
  pipe.once("end", stop);
  pipe.once("close", stop);
  // A reset connection is the parent's end too; "close" follows and does the work.
  pipe.on("error", stop);
  pipe.resume();
  pipe.unref();
}
