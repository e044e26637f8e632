import type { PackageDetailJson } from "@cairn/client";
import { countriesFor, countryOf, type Deployment, type Ledger } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";
import type { CheckedOffer, Terms } from "./check-offer.ts";
import { type Expectation, expectEqual, lie } from "./gateway-lies.ts";

const UNSIGNED = "Nothing was signed.";
/** Providers are looked up so many at a time. */
const TOGETHER = 16;

/**
 * The contracts that a chain was opened with are as the gateway describes them.
 * @throws CairnError `gateway-lies`
 */
export function checkDeployment(offered: Deployment, known: Deployment): void {
  expectEqual(
    Object.entries(offered).map(
      ([field, value]): Expectation => [
        `network.deployment.${field}`,
        typeof value === "string" ? value.toLowerCase() : value,
        known[field as keyof Deployment],
      ],
    ),
    UNSIGNED,
  );
}

/**
 * Each quote is signed by the hot key that the registry has of its provider, which is active, works the hours it quotes and lies where the
 * owner wants it. Answers the provider's regions, as registered, in the quotes' order. The gateway acts on what is final: a provider that
 * registered other terms since is no lie of its.
 * @throws CairnError `gateway-lies`, `offer-outdated`
 */
export async function checkSigners(
  chain: Pick<Ledger, "provider">,
  { quotes, placement }: Pick<CheckedOffer, "quotes" | "placement">,
): Promise<string[]> {
  const providers = [...new Set(quotes.map(({ message }) => message.provider))];
  const records = new Map<string, Awaited<ReturnType<Ledger["provider"]>>>();
  for (let from = 0; from < providers.length; from += TOGETHER) {
    const part = providers.slice(from, from + TOGETHER);
    const found = await Promise.all(part.map((provider) => chain.provider(provider)));
    for (const [i, provider] of part.entries()) records.set(provider, found[i]);
  }
  return quotes.map(({ message, signer }, index) => {
    const { provider, shard } = message;
    const at = `placements[${index}]`;
    const record = records.get(provider);
    if (record === undefined) throw lie(`${at}.provider`, provider, "no registered provider", UNSIGNED);
    const { active, hot, duty, region } = record;
    if (!active) throw outdated(provider, "has retired");
    expectEqual([[`${at}.quote.signature`, `signed by ${signer}`, `signed by ${hot.toLowerCase()}`]], UNSIGNED);
    if (duty !== message.duty) throw outdated(provider, "works other hours");
    const countries = countriesFor(placement, shard);
    if (countries !== undefined && !countries.includes(countryOf(region) ?? "")) {
      throw outdated(provider, `is not in ${countries.join(" or ")} any more`);
    }
    return region;
  });
}

function outdated(provider: string, what: string): CairnError {
  return new CairnError(
    `the provider ${provider} ${what}: it registered other terms while it was asked; nothing was signed`,
    {
      code: "offer-outdated",
      kind: "conflict",
      details: { provider },
    },
  );
}

/**
 * The verifiers stand on chain as the gateway names them. Answers the owner's deposit as the chain has it: the gateway's figure may be a block
 * old, when another put or a deal that ends moves the same deposit, and is worth nothing beside it.
 * @throws CairnError `gateway-lies`
 */
export async function checkTerms(
  chain: Pick<Ledger, "verifierSet" | "balance">,
  said: { terms: Terms; verifiers: readonly string[]; quorum: number; owner: `0x${string}` },
): Promise<bigint> {
  const set = await chain.verifierSet(said.terms.verifierSet);
  expectEqual(
    [
      [
        "network.verifiers",
        said.verifiers
          .map((address) => address.toLowerCase())
          .toSorted()
          .join(),
        (set?.verifiers ?? [])
          .map((address) => address.toLowerCase())
          .toSorted()
          .join(),
      ],
      ["network.quorum", said.quorum, set?.quorum],
    ],
    UNSIGNED,
  );
  return chain.balance(said.owner);
}

/** Who holds a shard under which deal, and what all live ones cost a period, is what the deals' signed quotes say. */
export async function checkHolders(
  chain: Pick<Ledger, "deal">,
  detail: PackageDetailJson,
  documentHash: `0x${string}`,
): Promise<void> {
  const held = detail.slots.filter((slot) => slot.deal !== null && slot.state === "ACTIVE");
  let price = 0n;
  for (let from = 0; from < held.length; from += TOGETHER) {
    await Promise.all(
      held.slice(from, from + TOGETHER).map(async ({ piece, shard, deal, provider, commitment }) => {
        const record = await chain.deal(deal as `0x${string}`);
        const quote = record?.quote;
        const of = `of shard ${shard} of piece ${piece}`;
        expectEqual(
          [
            [`deal ${of}`, deal, quote === undefined ? "on chain" : deal],
            [`manifest ${of}`, documentHash, quote?.documentHash],
            [`place ${of}`, `${piece} ${shard}`, `${quote?.piece} ${quote?.shard}`],
            [`provider ${of}`, provider?.toLowerCase(), quote?.provider.toLowerCase()],
            [`commitment ${of}`, commitment, quote?.commitment],
          ],
          "Nothing was read, signed or removed.",
        );
        if (record?.state === "ACTIVE") price += record.quote.pricePerPeriod;
      }),
    );
  }
  // Deals that are being handed over or end count as well, so that the sum may be more; less, it never is.
  if (BigInt(detail.pricePerPeriod) < price) {
    throw lie("pricePerPeriod", detail.pricePerPeriod, `at least ${price}`, "Nothing was read, signed or removed.");
  }
}

/**
 * After the gateway says STORED: every shard has a live deal on chain, for this manifest, proved once. Answers how many there are.
 * @throws CairnError `gateway-lies`
 */
export async function confirmDeals(
  chain: Pick<Ledger, "deal" | "liveDealAt">,
  stored: { documentHash: `0x${string}`; document: CheckedOffer["document"] },
): Promise<number> {
  const shards = stored.document.pieces.flatMap(({ shards }, piece) =>
    shards.map(({ commitment }, shard) => ({ piece, shard, commitment })),
  );
  for (let from = 0; from < shards.length; from += TOGETHER) {
    await Promise.all(
      shards.slice(from, from + TOGETHER).map(async ({ piece, shard, commitment }) => {
        const id = await chain.liveDealAt(
          { owner: stored.document.owner, documentHash: stored.documentHash },
          piece,
          shard,
        );
        const deal = id === undefined ? undefined : await chain.deal(id);
        expectEqual(
          [
            [`state of shard ${shard} of piece ${piece}`, "ACTIVE", deal?.state ?? "NONE"],
            [`commitment of shard ${shard} of piece ${piece}`, commitment, deal?.quote.commitment],
          ],
          "The package may not be stored.",
        );
      }),
    );
  }
  return shards.length;
}
