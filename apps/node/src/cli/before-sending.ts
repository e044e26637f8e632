import { type Interruption, interruptible } from "./interruptible.ts";

/** Before anything is there to go on with. */
export const NOTHING_SENT: Interruption = {
  message: "interrupted: nothing was sent, stored or paid",
  next: "Run the command again to store it.",
};

export const beforeSending = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
  interruptible(work, NOTHING_SENT);
