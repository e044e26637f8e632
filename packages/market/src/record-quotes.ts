import type { PackageId } from "@cairn/protocol";
import type { Context } from "./context.ts";
import { dealOf, type QuoteRound } from "./request-quotes.ts";
import { applySlotEvents } from "./slot-events.ts";

/** Give every slot that found a provider in this round its quote. */
export async function recordQuotes(context: Context, id: PackageId, { placed }: QuoteRound): Promise<void> {
  await applySlotEvents(
    context,
    id,
    placed.map(({ slot, candidate, quote, signature }) => ({
      piece: slot.piece,
      shard: slot.shard,
      event: {
        type: "quoted" as const,
        provider: candidate.provider,
        deal: dealOf(context, quote),
        expiry: Number(quote.expiry),
      },
      quote: { quote, signature },
    })),
  );
}
