import type { Clock, Ledger } from "@cairn/core";
import { CairnError } from "@cairn/protocol";

const CATCH_UP_SECONDS = 60;
const LOOK_SECONDS = 0.25;

export interface CaughtUpOptions {
  ledger: Pick<Ledger, "finalized">;
  /** The head that the catalog stands for. */
  head(): Promise<{ number: number } | undefined>;
  clock: Pick<Clock, "sleep">;
  signal: AbortSignal;
}

/**
 * Resolves when the catalog stands for the chain as it is finalised now.
 * @throws CairnError `chain-behind` after a minute
 */
export async function caughtUp({ ledger, head, clock, signal }: CaughtUpOptions): Promise<void> {
  const { number } = await ledger.finalized();
  for (let waited = 0; waited < CATCH_UP_SECONDS; waited += LOOK_SECONDS) {
    if (((await head())?.number ?? -1) >= number) return;
    await clock.sleep(LOOK_SECONDS, signal);
  }
  throw new CairnError(`the catalog is still behind block ${number} of the chain`, {
    code: "chain-behind",
    kind: "unavailable",
    next: "Wait a little and try again.",
  });
}
