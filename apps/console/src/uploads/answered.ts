import { change, declined, type Offer } from "./upload-list.ts";

/** The person's yes; rejects with their no, and when the upload is stopped. */
export async function answered(number: number, offer: Offer, signal: AbortSignal): Promise<void> {
  // An abort before this is over: no listener would hear of it.
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    const agree = () => {
      change(number, { stage: { at: "signing", offer }, offer });
      resolve();
    };
    const discard = () => reject(declined());
    change(number, { stage: { at: "offered", offer, agree, discard }, offer, away: false });
  });
}
