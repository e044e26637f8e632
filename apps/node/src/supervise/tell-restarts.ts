import type { UnitEvent } from "./supervise-children.ts";

/** Says on standard error what ended and is started again. */
export function tellRestarts(event: UnitEvent): void {
  if (event.event === "ended" && event.restartsInMilliseconds !== undefined) {
    process.stderr.write(`cairn: ${event.name} ended (${event.signal ?? event.code}) and is started again\n`);
  } else if (event.event === "start-failed") {
    process.stderr.write(`cairn: ${event.name} did not start: ${event.error.message}\n`);
  }
}
