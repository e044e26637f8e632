import { NOTHING_SENT } from "@cairn/owner/nothing-sent";
import { interruptible } from "./interruptible.ts";

export const beforeSending = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
  interruptible(work, NOTHING_SENT);
