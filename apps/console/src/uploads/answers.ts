import type { Offer } from "./upload-list.ts";

/** A provider that was asked for an upload, and what came of it. */
export interface Answer {
  provider: string;
  region: string;
  /** Wei per GiB and day: as quoted, or its registered least price. */
  price: bigint;
  verdict: "chosen" | "spare" | "refused" | "passed";
  reason: string | undefined;
  /** Parts that it would keep. */
  parts: number;
}

const ORDER = ["chosen", "spare", "refused", "passed"] as const;

/** One answer a provider: the chosen ones first, by the quotes that were checked; then by what the gateway says of the others. */
export function answersOf({ plan, agreed, asks }: Offer): Answer[] {
  const answers = new Map<string, Answer>();
  for (const [index, { provider }] of plan.placements.entries()) {
    const key = provider.toLowerCase();
    const before = answers.get(key);
    if (before !== undefined) before.parts += 1;
    else {
      const price = agreed.offer.prices[index] ?? 0n;
      const region = agreed.regions[index] ?? "";
      answers.set(key, { provider, region, price, verdict: "chosen", reason: undefined, parts: 1 });
    }
  }
  for (const { provider, region, price, verdict, reason } of asks) {
    const key = provider.toLowerCase();
    const said = verdict === "quoted" ? "spare" : verdict === "refused" ? "refused" : "passed";
    const before = answers.get(key);
    if (before !== undefined && ORDER.indexOf(before.verdict) <= ORDER.indexOf(said)) continue;
    answers.set(key, { provider, region, price: BigInt(price), verdict: said, reason: reason ?? undefined, parts: 0 });
  }
  return [...answers.values()].toSorted((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
}
