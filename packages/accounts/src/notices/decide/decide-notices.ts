import { type BalancePorts, tellBalances } from "./tell-balances.ts";
import { tellDeposits } from "./tell-deposits.ts";
import { tellEvents } from "./tell-events.ts";
import { tellExpiry } from "./tell-expiry.ts";
import { tellWaiting } from "./tell-waiting.ts";

/** Tell accounts of what has happened: to be called every few seconds. @returns how many notices were written */
export async function tellOfEvents({ pool }: Pick<BalancePorts, "pool">): Promise<number> {
  let written = 0;
  for (let more = true; more; ) {
    const told = await tellEvents(pool);
    written += told.written;
    more = told.more;
  }
  return written + (await tellDeposits(pool));
}

/**
 * Tell accounts of what lasts, once in each period: deals that end, balances, puts that wait. To be called at least once in a day, and as often as one likes.
 * @param now UNIX seconds by the chain's time
 * @returns how many notices were written
 */
export async function tellOfState(ports: BalancePorts, now: number): Promise<number> {
  return (await tellExpiry(ports.pool, now)) + (await tellWaiting(ports.pool, now)) + (await tellBalances(ports, now));
}
