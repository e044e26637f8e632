import { randomBytes } from "node:crypto";
import { pricePerPeriod } from "@cairn/core";
import { dealIdOf, type Hex, type Quote, signTyped } from "@cairn/protocol";
import type { ProviderContext, RequestHandlers } from "../context.ts";
import type { DealEntry } from "../deals/deal-book.ts";
import { refuse, requireGateway } from "./authorise.ts";
import { requireSpace } from "./require-space.ts";

/** Quotes of one slot that are alive together: only one can become a deal, the others are an asker's changes of mind. */
const MAX_QUOTES_PER_SLOT = 4;
/** Quotes whose shard is not held: bounds what an asker can make this provider remember. */
const MAX_OPEN_QUOTES = 100_000;
/** A live quote is given again only while it can still reach the chain. */
const MIN_REMAINING_SECONDS = 60;

/** Sign a one-use quote and reserve its space; the same request again gets the same quote while it lives. */
export function answerQuote(context: ProviderContext): RequestHandlers["quote"] {
  return async (request, asker) => {
    const gateway = requireGateway(asker);
    const { settings, identity, book } = context;
    const ledger = context.chain();
    if (request.verifierSet !== gateway.info?.verifierSet) {
      throw refuse("refused", "the verifier set is not the one that this gateway announces");
    }
    if (request.rawLength % 127 !== 0) throw refuse("refused", "the length of a shard is a multiple of 127");
    const record = await ledger.provider(identity.provider);
    if (record === undefined || !record.active || record.hot.toLowerCase() !== identity.hot) {
      throw refuse("refused", "this provider is not registered, or retired");
    }

    const slot = book.ofSlot(request, request.piece, request.shard);
    for (const entry of slot) {
      if (!isSame(entry, request) || !isFresh(context, entry)) continue;
      if ((await ledger.deal(entry.deal)) === undefined) return { quote: entry.quote, signature: entry.signature };
    }
    if (slot.length >= MAX_QUOTES_PER_SLOT || book.size - context.shards.size >= MAX_OPEN_QUOTES) {
      throw refuse("refused", "too many quotes are open", "Wait until they expire.");
    }

    const quote: Quote = {
      provider: identity.provider,
      owner: request.owner,
      documentHash: request.documentHash,
      piece: request.piece,
      shard: request.shard,
      commitment: request.commitment,
      rawLength: BigInt(request.rawLength),
      pricePerPeriod: pricePerPeriod(settings.price, request.rawLength, ledger.deployment.periodSeconds),
      egressPrice: settings.egressPrice,
      periods: request.periods,
      duty: settings.duty,
      verifierSet: request.verifierSet,
      expiry: BigInt(context.chainNow() + settings.quoteSeconds),
      nonce: `0x${randomBytes(32).toString("hex")}` as Hex,
    };
    const floor = pricePerPeriod(record.priceFloor, request.rawLength, ledger.deployment.periodSeconds);
    if (quote.pricePerPeriod < floor) {
      throw refuse("refused", "the price floor on chain is above this provider's price", "Wait for its registration.");
    }
    const signature = signTyped("Quote", quote, ledger.deployment, identity.hotKey);
    const deal = dealIdOf(quote, ledger.deployment);
    await requireSpace(context, request.rawLength);
    await book.add({ deal, quote, signature, quotedAt: context.now() });
    context.log.info({ deal, bytes: request.rawLength, gateway: gateway.url.origin }, "quoted");
    return { quote, signature };
  };
}

function isSame({ quote }: DealEntry, request: Parameters<RequestHandlers["quote"]>[0]): boolean {
  return (
    quote.owner === request.owner &&
    quote.commitment === request.commitment &&
    quote.rawLength === BigInt(request.rawLength) &&
    quote.periods === request.periods &&
    quote.verifierSet === request.verifierSet
  );
}

/** Still good for a while, and at today's price and hours. */
function isFresh(context: ProviderContext, { quote, facts }: DealEntry): boolean {
  const { settings } = context;
  const price = pricePerPeriod(settings.price, Number(quote.rawLength), context.deployment().periodSeconds);
  return (
    facts === undefined &&
    quote.expiry >= BigInt(context.chainNow() + Math.min(MIN_REMAINING_SECONDS, settings.quoteSeconds / 2)) &&
    quote.pricePerPeriod === price &&
    quote.duty === settings.duty &&
    quote.egressPrice === settings.egressPrice
  );
}
