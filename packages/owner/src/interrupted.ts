import { CairnError } from "@cairn/protocol/errors";

/** What became of work that its signal stopped, and what to do next. */
export interface Interruption {
  message: string;
  next: string;
}

/** Whatever `work` fails with once the signal has aborted is `interrupted`, in the words of the innermost that has its own. */
export async function interruptedAs<T>(signal: AbortSignal, stopped: Interruption, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!signal.aborted || (cause instanceof CairnError && cause.code === "interrupted")) throw cause;
    const { message, next } = stopped;
    throw new CairnError(message, { code: "interrupted", kind: "conflict", cause, next });
  }
}

/** `work`'s outcome, or the signal's reason as soon as it comes, for work that cannot be stopped itself. */
export async function untilInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  let stop: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
