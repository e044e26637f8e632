import { Socket } from "node:net";

/** Environment variable that names the descriptor which reaches its end when the parent is gone. */
export const PARENT_PIPE = "CAIRN_PARENT_PIPE";

/**
 * End this process when the one that started it dies, by whatever signal: the same orderly stop as SIGTERM, and a hard
 * exit when that has not finished after `graceMilliseconds`. Does nothing when no parent pipe was handed over.
 *
 * Call it once, at the top of a program's main module. The variable is taken out of the environment, as the number
 * means nothing to children of this process.
 */
export function exitWithParent(graceMilliseconds = 4_000): void {
  const descriptor = Number(process.env[PARENT_PIPE]);
  delete process.env[PARENT_PIPE];
  if (!Number.isInteger(descriptor) || descriptor < 3) return;
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
