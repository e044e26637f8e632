import { pipeline } from "node:stream/promises";
import { CairnError } from "@cairn/protocol/errors";
import { interruptible, untilInterrupted } from "./interruptible.ts";
import { ownerPorts } from "./owner-ports.ts";
import { parseRange } from "./parse-range.ts";
import { type CommonOptions, openSession, requireOwner } from "./session.ts";

export interface CatOptions extends CommonOptions {
  /** `FROM-TO`, half-open. */
  range?: string;
}

/** Write one file of a package to standard output; what is written is verified block by block, the whole at its end. */
export async function cat(target: string, options: CatOptions): Promise<void> {
  if (options.json) {
    throw new CairnError("cairn cat writes the file itself: it has no answer in JSON", {
      code: "bad-options",
      kind: "input",
      next: "Leave --json out; `cairn get --json` tells what it brought back.",
    });
  }
  const range = options.range === undefined ? undefined : parseRange(options.range);
  const session = await openSession(options);
  const ports = ownerPorts(session, await requireOwner(session.home));
  const { readFile } = await import("@cairn/owner/read-file");
  await interruptible(async (signal) => {
    const bytes = await untilInterrupted(signal, readFile(ports, { target, range, signal }));
    try {
      await pipeline(bytes, process.stdout, { end: false, signal });
    } catch (error) {
      // A reader that has seen enough, as `head` does, ends the command quietly.
      if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
    }
  });
}
