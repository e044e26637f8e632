import type { SeenBlock, SeenCall } from "@cairn/chain";
import type { PreviewJson, SafetyJson } from "@cairn/client";
import type { PackageSafety, PlacementPreview } from "@cairn/market";
import { dutyText } from "./package-json.ts";

const text = (amount: bigint | null): string | null => (amount === null ? null : amount.toString());

/** Previews, safety and what is seen of the chain as they stand in the API: money and gas in decimal text. */
export function previewToJson({ price, providers, ...preview }: PlacementPreview): PreviewJson {
  return {
    ...preview,
    providers: providers.map((one) => ({ ...one, price: one.price.toString() })),
    price: { ...price, expected: text(price.expected), least: text(price.least), most: text(price.most) },
  };
}

export const safetyToJson = ({ holders, ...safety }: PackageSafety): SafetyJson => ({
  ...safety,
  holders: holders.map((one) => ({ ...one, duty: dutyText(one.duty) })),
});

export const blockToJson = ({ number, hash, time, transactions, gasUsed, gasLimit }: SeenBlock) => ({
  ...{ number, hash, time, transactions },
  ...{ gasUsed: gasUsed.toString(), gasLimit: gasLimit.toString() },
});

export const callToJson = ({ transaction, from, to, contract, method, amount }: SeenCall) => ({
  ...{ transaction, from, to, contract, method },
  amount: amount.toString(),
});
