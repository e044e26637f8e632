import { asCalled } from "../cli/as-called.ts";
import type { Home } from "../home/home.ts";
import { startAgain } from "../home/local-provider.ts";
import type { UnitEvent } from "./supervise-children.ts";

/**
 * Says on standard error what ended, and whether it is started again or how a person does it.
 * @param demo whose own kill of a provider is a part of what it tells
 */
export const tellRestarts =
  (home: Home, demo = false) =>
  (event: UnitEvent): void => {
    if (event.event === "ended" && event.restartsInMilliseconds !== undefined) {
      process.stderr.write(`cairn: ${event.name} ended (${event.signal ?? event.code}) and is started again\n`);
    } else if (event.event === "start-failed") {
      process.stderr.write(`cairn: ${event.name} did not start: ${event.error.message}\n`);
    } else if (event.event === "unrecorded") {
      process.stderr.write(
        `cairn: which processes run could not be written to ${home.directory} (${event.error.message}). They go on; free space there.\n`,
      );
    } else if (event.event === "ended" && !event.asked && !(demo && event.signal === "SIGKILL")) {
      const address = typeof event.ready?.provider === "string" ? ` (${event.ready.provider})` : "";
      process.stderr.write(
        `cairn: ${event.name}${address} ended (${event.signal ?? event.code}). It is not started again, as other people's machines would not be; its shards are rebuilt elsewhere unless it comes back.\n       To bring it back: ${asCalled(startAgain(home, event.name))}, or start the network again.\n`,
      );
    }
  };

/** Units that were started together fall silent together, give or take a busy machine. */
const TOGETHER_MILLISECONDS = 2_000;

/** Says on standard error which units are still starting: in one line for all of which it hears within a moment. */
export function tellSilent(): (name: string, words: string | undefined) => void {
  let silent = new Map<string, string | undefined>();
  return (name, words) => {
    silent.set(name, words);
    if (silent.size > 1) return;
    setTimeout(() => {
      tellProgress(stillStarting(silent));
      silent = new Map();
    }, TOGETHER_MILLISECONDS).unref();
  };
}

/** @param silent the last words of each, by name */
function stillStarting(silent: ReadonlyMap<string, string | undefined>): string {
  const [[name, words] = ["", undefined], ...others] = silent;
  if (others.length > 0) return `${[...silent.keys()].join(", ")} are still starting`;
  return `${name} is still starting${words === undefined ? "" : `: ${words}`}`;
}

/** Says on standard error what a start does or waits for. */
export function tellProgress(text: string): void {
  for (const line of text.split("\n")) process.stderr.write(`cairn: ${line}\n`);
}
