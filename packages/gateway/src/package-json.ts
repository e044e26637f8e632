import type { PackageDetailJson, PackageJson, PlacementJson, ProviderJson, QuotePlanJson } from "@cairn/client";
import { centreOf, countryOf, HOURS_PER_WEEK, type PlacementTerms, placementToJson } from "@cairn/core";
import type { PackageDetail, PackageSummary, ProviderStatus, QuotePlan } from "@cairn/market";
import { signedToJson } from "@cairn/protocol";

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** The market's types as they stand in the API: money in decimal text, bytes in base64. */
export function packageToJson(summary: PackageSummary): PackageJson {
  const { account: _account, owner: _owner, nameHash: _nameHash, label, ...rest } = summary;
  return { ...rest, label: label.length === 0 ? null : base64(label) };
}

export function packageDetailToJson(detail: PackageDetail): PackageDetailJson {
  const { slots, pieceList, escrow, paid, pricePerPeriod, reserve, placement, handedOver, ...summary } = detail;
  return {
    ...packageToJson(summary),
    slots: slots.map(({ next: _next, ...slot }) => slot),
    pieceList,
    escrow: escrow.toString(),
    paid: paid.toString(),
    pricePerPeriod: pricePerPeriod.toString(),
    reserve: reserve.toString(),
    placement: placementToApi(placement),
    handedOver,
  };
}

/** Lists of the API are no read-only ones. */
const placementToApi = (placement: PlacementTerms) => placementToJson(placement) as PlacementJson;

export function quotePlanToJson(plan: QuotePlan): QuotePlanJson {
  return {
    ...plan,
    document: base64(plan.document),
    placements: plan.placements.map(({ periods: _periods, ...placement }) => ({
      ...placement,
      quote: signedToJson<"Quote">(placement.quote),
      pricePerPeriod: placement.pricePerPeriod.toString(),
    })),
    escrow: plan.escrow.toString(),
    repairReserve: plan.repairReserve.toString(),
    total: plan.total.toString(),
    balance: plan.balance.toString(),
  };
}

/** 168 bits as they travel. */
export const dutyText = (duty: bigint): string =>
  `0x${BigInt.asUintN(HOURS_PER_WEEK, duty).toString(16).padStart(42, "0")}`;

export function providerToJson(provider: ProviderStatus): ProviderJson {
  const { capacity, used, price, fulfilled, committed, earned, duty, ...rest } = provider;
  const country = countryOf(provider.region) ?? null;
  return {
    ...rest,
    country,
    centre: (country === null ? undefined : centreOf(country)) ?? null,
    duty: dutyText(duty),
    capacity: capacity.toString(),
    used: used.toString(),
    price: price.toString(),
    fulfilled: fulfilled.toString(),
    committed: committed.toString(),
    earned: earned.toString(),
  };
}
