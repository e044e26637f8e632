import { constants } from "node:os";
import { type Interruption, interruptedAs } from "@cairn/owner/interrupted";
import { END_SIGNALS } from "./hang-up.ts";
import { endBar } from "./progress.ts";

export { type Interruption, untilInterrupted } from "@cairn/owner/interrupted";

let working = 0;
let received: { signal: NodeJS.Signals; at: number } | undefined;
/** Of the work that goes on, with all that belongs to it. */
let current: AbortController | undefined;

/** npm passes a Ctrl-C on that the terminal has sent to everybody already: signals as near as this are one. */
const SAME_MILLISECONDS = 400;

/** Say that this process works on though nobody reads its words, until it ends. */
export function beginWork(): void {
  working += 1;
}

/** Whether something goes on that is worth finishing though nobody reads its words any more. */
export const isWorking = (): boolean => working > 0;

/** The exit code of a command that a signal ended, as shells have it; undefined when none came. */
export const interruptedCode = (): number | undefined => (received === undefined ? undefined : codeOf(received.signal));

const codeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

const STOPPED: Interruption = { message: "interrupted", next: "Run the command again." };

function onSignal(signal: NodeJS.Signals): void {
  if (received !== undefined) {
    if (performance.now() - received.at < SAME_MILLISECONDS) return;
    endBar();
    process.stderr.write("cairn: interrupted again: ended at once\n");
    process.exit(codeOf(signal));
  }
  received = { signal, at: performance.now() };
  current?.abort();
}

/**
 * Run work that a signal stops in order: the first aborts its AbortSignal, so that it can undo what is half done; a second one ends the
 * process where it stands. Work within such work is part of it. Whatever the work fails with when it was stopped is `interrupted`, with the
 * words of the innermost that has its own.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  stopped: Interruption = STOPPED,
): Promise<T> {
  if (current !== undefined) {
    const { signal } = current;
    return interruptedAs(signal, stopped, () => work(signal));
  }
  const interruption = new AbortController();
  current = interruption;
  for (const signal of END_SIGNALS) process.on(signal, onSignal);
  working += 1;
  try {
    return await interruptedAs(interruption.signal, stopped, () => work(interruption.signal));
  } finally {
    working -= 1;
    current = undefined;
    for (const signal of END_SIGNALS) process.off(signal, onSignal);
  }
}
