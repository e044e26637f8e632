import { watchedWallets } from "@cairn/accounts";
import { stepCoins, stepTransfers } from "@cairn/catalog";
import type { Clock, CoinChain, Ledger } from "@cairn/core";
import { asCairnError } from "@cairn/protocol";
import type { Pool } from "pg";

export interface KeepCoinsOptions {
  pool: Pool;
  chain: CoinChain;
  ledger: Pick<Ledger, "nextBlock">;
  clock: Clock;
  /** How often what waits for a block is looked at. */
  pollSeconds: number;
  signal: AbortSignal;
  log: { warn(fields: object, message: string): void };
}

const LONGEST_PAUSE_SECONDS = 30;

/** Has the histories and the transfers of all accounts' wallets follow the chain, each at its own pace, until `signal` aborts. */
export async function keepCoins({
  pool,
  chain,
  ledger,
  clock,
  pollSeconds,
  signal,
  log,
}: KeepCoinsOptions): Promise<void> {
  async function follow(step: () => Promise<boolean>, rest: () => Promise<void>): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        while (!signal.aborted && (await step()));
        failures = 0;
        await rest();
      } catch (error) {
        if (signal.aborted) return;
        const pause = Math.min(LONGEST_PAUSE_SECONDS, 2 ** failures++);
        log.warn({ error: asCairnError(error).message, pause }, "the coins of wallets are looked at again");
        await clock.sleep(pause, signal);
      }
    }
  }
  await Promise.all([
    follow(
      async () => {
        const wallets = await watchedWallets(pool);
        return (
          wallets.length > 0 &&
          stepCoins(
            pool,
            chain,
            wallets.map(({ address }) => address),
          )
        );
      },
      async () => {
        // A block that is not final yet when it is made is looked for again after it.
        await Promise.race([
          ledger.nextBlock((await chain.latest()).number, signal),
          clock.sleep(LONGEST_PAUSE_SECONDS, signal),
        ]);
      },
    ),
    follow(
      async () => {
        const wallets = await watchedWallets(pool);
        return wallets.length > 0 && stepTransfers(pool, chain, wallets);
      },
      () => clock.sleep(pollSeconds, signal),
    ),
  ]);
}
