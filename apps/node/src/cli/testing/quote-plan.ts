import type { QuotePlanJson } from "@cairn/client";
import { ALWAYS_ON, periodsFor } from "@cairn/core";
import {
  type Address,
  addressOfKey,
  DAY,
  dealIdOf,
  type Hex,
  type Quote,
  signedToJson,
  signTyped,
} from "@cairn/protocol";
import type { Held } from "./held-package.ts";
import { deployment, hex, network, now } from "./memory-network.ts";

/** What holding it costs, signed by the keys of providers. */
export function planOf(held: Held, keys: readonly { cold: Hex; hot: Hex }[]): QuotePlanJson {
  const { open, document, documentBytes, documentHash } = held;
  const quotes = document!.pieces.flatMap(({ shards }, piece) =>
    shards.map(
      ({ commitment, rawLength }, shard): Quote => ({
        provider: addressOfKey(keys[shard]!.cold).toLowerCase() as Address,
        owner: document!.owner,
        documentHash: documentHash!,
        piece,
        shard,
        commitment,
        rawLength: BigInt(rawLength),
        pricePerPeriod: 100n,
        egressPrice: 0n,
        periods: periodsFor(open.days * DAY, deployment.periodSeconds, ALWAYS_ON),
        duty: ALWAYS_ON,
        verifierSet: network.verifierSet as Hex,
        expiry: BigInt(now() + 600),
        nonce: hex(32),
      }),
    ),
  );
  const { periods } = quotes[0]!;
  const escrow = 100n * BigInt(periods) * BigInt(quotes.length);
  return {
    documentHash: documentHash!,
    document: documentBytes.toString("base64"),
    placements: quotes.map((quote) => ({
      piece: quote.piece,
      shard: quote.shard,
      deal: dealIdOf(quote, deployment),
      provider: quote.provider,
      quote: signedToJson<"Quote">({
        message: quote,
        signature: signTyped("Quote", quote, deployment, keys[quote.shard]!.hot),
      }),
      region: "eu",
      pricePerPeriod: quote.pricePerPeriod.toString(),
      rating: 90,
    })),
    escrow: escrow.toString(),
    repairReserve: "0",
    total: escrow.toString(),
    balance: "123456789",
    periods,
    endsAt: now() + open.days * DAY,
    validUntil: Number(quotes[0]!.expiry),
    warnings: [],
  };
}
