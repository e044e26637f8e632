import { blockPace, type DealLine } from "@cairn/catalog";
import { DealJson, type DealSettingsJson, type PlacementJson } from "@cairn/client";
import { expectedBlock, periodAt, periodStart } from "@cairn/core";
import { pieceCidV2 } from "@cairn/proofs";
import type { Address, Hex } from "@cairn/protocol";
import type { GatewayContext } from "../gateway-context.ts";

/** Sectors are sealed by other kinds of providers; ours keep shards as they are. */
const NOT_SEALED = "not sealed";

/** How deals stand in the API. The block of a deal's end is expected at the pace that the chain has had since the first deal of these owners. */
export async function openDealToJson(
  { pool, network, profile }: Pick<GatewayContext, "pool" | "network" | "profile">,
  owners: readonly Address[],
): Promise<(line: DealLine) => DealJson> {
  const { head, start } = await blockPace(pool, owners);
  const clock = { ...network.deployment, graceSeconds: 0 };
  const blockAt = (time: number) =>
    head === undefined ? null : expectedBlock(time, { head, start, blockSeconds: profile.blockSeconds });
  return (line) => {
    const { commP, label, pieceLength, placement, pricePerPeriod, escrow, paid, refunded, endsAt, settings } = line;
    return onlyNamed({
      ...line,
      label: label === null || label.length === 0 ? null : Buffer.from(label).toString("base64"),
      placement: placement as PlacementJson | null,
      settings: settings as DealSettingsJson | null,
      pieceCid: commP === null || pieceLength === null ? null : pieceCidOf(commP, pieceLength),
      shardCid: pieceCidOf(line.commitment, line.rawLength),
      sealedSector: NOT_SEALED,
      pricePerPeriod: pricePerPeriod.toString(),
      escrow: escrow.toString(),
      paid: paid.toString(),
      refunded: refunded.toString(),
      lastProvedAt: line.lastProved === null ? null : periodStart(line.lastProved + 1, clock),
      endsPeriod: endsAt === null ? null : periodAt(endsAt, clock),
      endsBlock: endsAt === null ? null : blockAt(endsAt),
    });
  };
}

const NAMES = Object.keys(DealJson.properties);
/** Without what the catalog has beside it: an export is written as it is. */
const onlyNamed = (deal: DealJson): DealJson =>
  Object.fromEntries(NAMES.map((name) => [name, deal[name as keyof DealJson]])) as DealJson;

/** Null where the root or length is none that a piece can have: an owner may propose anything. */
function pieceCidOf(root: Hex, length: number): string | null {
  try {
    return pieceCidV2(Buffer.from(root.slice(2), "hex"), length).toString();
  } catch {
    return null;
  }
}
