import { forgetExpired, forgetNotices } from "@cairn/accounts";
import { forgetAsks, forgetEvents, forgetFiatRates, forgetFigures, forgetJobs, forgetTransfers } from "@cairn/catalog";
import { forgetOutgoing } from "@cairn/chain";
import { type Clock, dayOf, type Profile } from "@cairn/core";
import { asCairnError } from "@cairn/protocol";
import type { Pool } from "pg";

const DAY = 86_400;
/** How long the gateway keeps what only tells of the past: a throw-away network shorter than a real one. */
export const KEPT_SECONDS: Record<Profile["name"], number> = { local: 7 * DAY, demo: DAY, real: 30 * DAY };
const EVENTS = 100_000;
const EVERY_SECONDS = 600;

export interface TidyOptions {
  pool: Pool;
  clock: Clock;
  /** By which notices are counted in periods. */
  chainNow(): number;
  profile: Profile["name"];
  signal: AbortSignal;
  log: { warn(details: object, message: string): void };
}

/** Forget old events, asks, jobs and transactions, old notices, figures, prices, and sessions, tokens and invites that have expired, every ten minutes until `signal` aborts. */
export async function keepTidy({ pool, clock, chainNow, profile, signal, log }: TidyOptions): Promise<void> {
  const seconds = KEPT_SECONDS[profile];
  while (!signal.aborted) {
    try {
      // One batch may not be all; the next round takes the rest.
      await forgetEvents(pool, { seconds, count: EVENTS });
      await forgetAsks(pool, seconds);
      await forgetJobs(pool, seconds);
      await forgetTransfers(pool, seconds);
      await forgetOutgoing(pool, seconds);
      await forgetExpired({ pool, clock });
      await forgetNotices({ pool, clock }, chainNow());
      await forgetFigures(pool, clock.now());
      await forgetFiatRates(pool, dayOf(clock.now()));
    } catch (error) {
      if (!signal.aborted) log.warn({ error: asCairnError(error).message }, "old rows could not be deleted");
    }
    await clock.sleep(EVERY_SECONDS, signal);
  }
}
