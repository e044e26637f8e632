import { CairnError } from "@cairn/protocol/errors";
import type { Destination } from "../get.ts";
import { closing } from "./closing.ts";
import type { FileWritable } from "./platform.ts";

/** One file, into what `createWritable` of a handle gave; aborted unless all of it came and is right. */
export const fileDestination = (target: FileWritable): Destination =>
  closing(target, () => {
    let taken = false;
    return {
      async take({ path, bytes }) {
        if (bytes === undefined || taken) throw notOneFile(path);
        taken = true;
        for await (const part of bytes) await target.write(part);
      },
      end: async () => undefined,
    };
  });

function notOneFile(path: string): CairnError {
  return new CairnError(`what was asked for is not one file${path === "" ? "" : `: it has ${path}`}`, {
    code: "not-a-file",
    kind: "input",
    next: "Get it as a zip, or into a folder.",
  });
}
