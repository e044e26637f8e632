import { describeLeftOut, type PlacementJson, placementFromJson, ruleAgainst } from "@cairn/core";
import type { Address } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import type { Gateway } from "./ports.ts";

/** What is known here without opening a package: the score that a gateway goes by is not. */
const BEST_SCORE = 10_000;

/**
 * As the gateway will when the package is opened, by its own list of providers.
 * @throws CairnError `too-few-providers`
 */
export async function requireQualified(
  client: Pick<Gateway, "providers">,
  { n, placement }: { n: number; placement: PlacementJson },
): Promise<void> {
  const terms = placementFromJson(placement);
  const shards = Array.from({ length: n }, (_, shard) => shard);
  const there = (await client.providers()).filter(({ connected }) => connected);
  const rules = there.map(({ provider, price, region }) =>
    ruleAgainst(terms, shards, {
      provider: provider.toLowerCase() as Address,
      price: BigInt(price),
      score: BEST_SCORE,
      region,
    }),
  );
  const qualified = rules.filter((rule) => rule === undefined).length;
  if (qualified >= n) return;
  const left = describeLeftOut(
    terms,
    rules.filter((rule) => rule !== undefined),
  );
  throw new CairnError(
    `${n} shards need ${n} providers, and there are ${qualified}${left.length === 0 ? "" : ` that qualify (${left.join("; ")})`}`,
    {
      code: "too-few-providers",
      kind: "unavailable",
      next: "Ask less of providers. What an interrupted put of this name had uploaded is kept: with its options, the put goes on.",
    },
  );
}
