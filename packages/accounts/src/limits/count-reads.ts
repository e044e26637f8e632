import type { AccountsContext } from "../accounts-context.ts";
import { limitsOf } from "./limits.ts";
import { giveBack, use } from "./use.ts";

/** Counted ahead at a time: a query for each block would cost more than the block. */
const AHEAD_BYTES = 8 * 2 ** 20;

/**
 * The same bytes, counted against what the account may read in a day. Ends with `limit-reached` before the first byte that is too many; what was counted
 * ahead and not read is given back. Of an account without that limit nothing is counted.
 */
export async function* countReads(
  context: AccountsContext,
  account: string,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if ((await limitsOf(context.pool, account)).egressPerDay === null) {
    yield* bytes;
    return;
  }
  let ahead = 0;
  let at = context.clock.now();
  try {
    for await (const chunk of bytes) {
      while (ahead < chunk.length) {
        const needed = chunk.length - ahead;
        ahead += await take(context, account, needed);
        at = context.clock.now();
      }
      ahead -= chunk.length;
      yield chunk;
    }
  } finally {
    if (ahead > 0) await giveBack(context, { account, kind: "egress", amount: ahead, at });
  }
}

/** AHEAD_BYTES where there are so many left, else just what is needed. */
async function take(context: AccountsContext, account: string, needed: number): Promise<number> {
  const ahead = Math.max(AHEAD_BYTES, needed);
  try {
    await use(context, { account, kind: "egress", amount: ahead });
    return ahead;
  } catch (error) {
    if (ahead === needed) throw error;
    await use(context, { account, kind: "egress", amount: needed });
    return needed;
  }
}
