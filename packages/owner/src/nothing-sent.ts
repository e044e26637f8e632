import type { Interruption } from "./interrupted.ts";

/** A put that is interrupted before anything is there to go on with. */
export const NOTHING_SENT: Interruption = {
  message: "interrupted: nothing was sent, stored or paid",
  next: "Run the command again to store it.",
};
