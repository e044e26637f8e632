import type { LedgerEvent } from "@cairn/core";
import type { Address, DealId } from "@cairn/protocol";
import type { ProviderContext } from "../context.ts";
import { factsOf } from "../deals/deal-book.ts";
import { dropDeal, isOver } from "./drop-deals.ts";

/** Read again what the chain says of one of this provider's deals; of others nothing. */
async function learn(context: ProviderContext, deal: DealId): Promise<void> {
  const entry = context.book.get(deal);
  if (entry === undefined) return;
  const record = await context.chain().deal(deal);
  if (record !== undefined) entry.facts = factsOf(record);
}

const isSame = (a: Address, b: Address): boolean => a.toLowerCase() === b.toLowerCase();

/** Carry one finalised event over to the deal book. */
export async function applyEvent(context: ProviderContext, event: LedgerEvent): Promise<void> {
  switch (event.name) {
    case "DealProposed":
    case "DealReceived":
      return learn(context, event.deal);
    case "DealStateChanged": {
      if (context.book.get(event.deal) === undefined) return;
      if (isOver(event.state)) return dropDeal(context, event.deal, `the deal is ${event.state}`);
      return learn(context, event.deal);
    }
    case "PackageTerminated": {
      // Another's package may have the same hash: what counts is what the chain says of the deal.
      for (const { deal, quote } of context.book.all()) {
        if (quote.documentHash !== event.documentHash || !isSame(quote.owner, event.owner)) continue;
        await learn(context, deal);
      }
      return;
    }
    default:
  }
}
