import { join } from "node:path";
import type { Home } from "../home/home.ts";
import type { UnitEvent } from "./supervise-children.ts";

/** Says on standard error what ended, and whether it is started again or how a person does it. */
export const tellRestarts =
  (home: Home) =>
  (event: UnitEvent): void => {
    if (event.event === "ended" && event.restartsInMilliseconds !== undefined) {
      process.stderr.write(`cairn: ${event.name} ended (${event.signal ?? event.code}) and is started again\n`);
    } else if (event.event === "start-failed") {
      process.stderr.write(`cairn: ${event.name} did not start: ${event.error.message}\n`);
    } else if (event.event === "unrecorded") {
      process.stderr.write(
        `cairn: which processes run could not be written to ${home.directory} (${event.error.message}). They go on; free space there.\n`,
      );
    } else if (event.event === "ended" && !event.asked) {
      const address = typeof event.ready?.provider === "string" ? ` (${event.ready.provider})` : "";
      const directory = join(home.providers, event.name.replace(/^provider-/, ""));
      process.stderr.write(
        `cairn: ${event.name}${address} ended (${event.signal ?? event.code}). It is not started again, as other people's machines would not be; its shards are rebuilt elsewhere.\n       To bring it back: cairn provider --directory ${directory}, or start the network again.\n`,
      );
    }
  };

/** Says on standard error what a start does or waits for. */
export function tellProgress(text: string): void {
  for (const line of text.split("\n")) process.stderr.write(`cairn: ${line}\n`);
}
