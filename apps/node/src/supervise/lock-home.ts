import { join } from "node:path";
import { shellWord } from "@cairn/core/shell-word";
import { type HeldLock, holdLock, makeFolders } from "@cairn/process";
import { CairnError } from "@cairn/protocol/errors";

/**
 * Have the home to ourselves until `release`, or the end of this process by whatever signal: the kernel gives the lock back, so a
 * killed `cairn up` leaves none behind.
 *
 * @throws CairnError `home-in-use` (details.pid), `home-unusable`
 */
export function lockHome(home: string): HeldLock {
  try {
    makeFolders(home);
    return holdLock(join(home, "lock"));
  } catch (error) {
    if (error instanceof CairnError && error.code === "lock-held") {
      const { pid, since } = error.details;
      throw new CairnError(
        `the home ${home} is in use by ${pid === undefined ? "another process" : `process ${pid}, since ${since}`}`,
        {
          code: "home-in-use",
          kind: "conflict",
          next: `End it with \`cairn stop --home ${shellWord(home)}\`, or choose another home with --home.`,
          details: error.details,
          cause: error,
        },
      );
    }
    throw new CairnError(`the home ${home} cannot be used: ${(error as Error).message}`, {
      code: "home-unusable",
      kind: "input",
      next: "Check who owns the directory and that the disk has space, or choose another home with --home.",
      cause: error,
    });
  }
}
