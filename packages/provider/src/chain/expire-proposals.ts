import { sendForEach } from "@cairn/core";
import { asCairnError, type CairnError, type DealId } from "@cairn/protocol";
import type { ProviderContext } from "../context.ts";
import { dropDeal } from "./drop-deals.ts";

/** Proposals ended in one transaction. */
const BATCH = 20;

/**
 * Have proposals that ran out expired on chain: their space counts as used there until somebody does, and what keeping it free has earned is paid then.
 * Their gateway does it as a rule; where it is gone, the hot key does if it has coins. Either way they are dropped here. Never rejects.
 */
export async function expireProposals(context: ProviderContext, overdue: readonly DealId[]): Promise<void> {
  for (let at = 0; at < overdue.length; at += BATCH) {
    const batch = overdue.slice(at, at + BATCH);
    try {
      await sendExpire(context, batch);
      for (const deal of batch) {
        if (context.book.get(deal) !== undefined) await dropDeal(context, deal, "the proposal's deadline passed");
      }
    } catch (error) {
      // The chain is away, or this program ends: they stay in the book, and are taken up again.
      const { code, message } = asCairnError(error);
      context.log.warn({ code }, `proposals that ran out were not expired: ${message}`);
    }
  }
}

async function sendExpire(context: ProviderContext, deals: readonly DealId[]): Promise<void> {
  const ledger = context.chain();
  if ((await ledger.gasBalance(context.identity.hot)) === 0n) return;
  const warn = (of: readonly DealId[], { code, message }: CairnError) =>
    context.log.warn({ deals: of, code }, `proposals that ran out were not expired: ${message}`);
  try {
    // Refused together, halves are sent: somebody had one of them expired meanwhile.
    const refused = await sendForEach(deals, async (some) => {
      const result = await ledger.expire({ id: `expire/${some.join()}`, until: "included" }, [...some]);
      context.log.info(
        { deals: some, transaction: result.transaction, ok: result.ok },
        "had proposals that ran out expired",
      );
      return result;
    });
    for (const { item, refusal } of refused) warn([item], refusal);
  } catch (error) {
    const known = asCairnError(error);
    if (known.code !== "insufficient-funds") throw error;
    warn(deals, known);
  }
}
