import { setImmediate as nextTurn } from "node:timers/promises";

/** How long work may run on before timers and connections have their turn. */
const TURN_MS = 5;

let since = performance.now();

/**
 * Gives the event loop a turn, if it has had none for some milliseconds. The interpreter awaits only what is already there, so that a queue of calls
 * would otherwise keep the block's timer waiting until all are done.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - since < TURN_MS) return;
  await nextTurn();
  since = performance.now();
}
