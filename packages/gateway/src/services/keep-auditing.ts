import type { Audit } from "@cairn/audit";
import type { ChainClock, Clock, Ledger } from "@cairn/core";
import type { Seconds } from "@cairn/protocol";

export interface KeepAuditingOptions {
  audit: Pick<Audit, "listening" | "round">;
  ledger: Pick<Ledger, "finalized" | "latest" | "nextBlock" | "present">;
  clock: Pick<Clock, "monotonic" | "sleep">;
  /** Is told of every head. */
  chainClock: ChainClock;
  /** A round is due when so much time has passed, also without a block. */
  roundSeconds: Seconds;
  signal: AbortSignal;
  log: { warn(fields: object, message: string): void };
}

/**
 * One round of the audit after another until `signal` aborts. Rounds may overlap: what one of them waits for on chain does not keep the next
 * period from being opened. Resolves when the last round has ended.
 */
export async function keepAuditing(options: KeepAuditingOptions): Promise<void> {
  const { audit, ledger, clock, chainClock, roundSeconds, signal, log } = options;
  const rounds = new Set<Promise<void>>();
  const trouble = (error: Error) => {
    if (!signal.aborted) log.warn({ error: error.message }, "the audit tries again");
  };
  let last = -1;
  let began = 0;
  while (!signal.aborted) {
    try {
      const [head, latest, present] = await Promise.all([ledger.finalized(), ledger.latest(), ledger.present()]);
      chainClock.see(latest, present);
      await audit.listening();
      const now = clock.monotonic();
      if (head.number > last || now - began >= roundSeconds * 1000) {
        last = head.number;
        began = now;
        // Periods begin by the chain's time, whether a block was made since or not.
        const timestamp = Math.max(head.timestamp, chainClock.now());
        const round = audit.round({ ...head, timestamp }).catch(trouble);
        rounds.add(round);
        void round.finally(() => rounds.delete(round));
      }
    } catch (error) {
      trouble(error as Error);
    }
    await Promise.race([ledger.nextBlock(last, signal), clock.sleep(roundSeconds, signal)]);
  }
  await Promise.all(rounds);
}
