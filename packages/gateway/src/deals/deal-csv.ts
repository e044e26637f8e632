import type { DealJson } from "@cairn/client";
import { csvLine } from "@cairn/core";

type Cell = string | number | null;
const time = (seconds: number | null): Cell => (seconds === null ? null : new Date(seconds * 1000).toISOString());

/** The columns of a table of deals: what an owner looks for first, then the rest. Names are not among them, as the gateway cannot read them. */
const COLUMNS: Record<string, (deal: DealJson) => Cell> = {
  deal: ({ deal }) => deal,
  dealCid: ({ dealCid }) => dealCid,
  state: ({ state }) => state,
  package: (deal) => deal.package,
  carCid: ({ root }) => root,
  carCreated: ({ packageCreatedAt }) => time(packageCreatedAt),
  carBytes: ({ pieceLength }) => pieceLength,
  pieceCid: ({ pieceCid }) => pieceCid,
  piece: ({ piece }) => piece,
  shard: ({ shard }) => shard,
  shardBytes: ({ rawLength }) => rawLength,
  shardCid: ({ shardCid }) => shardCid,
  sealedSector: ({ sealedSector }) => sealedSector,
  provider: ({ provider }) => provider,
  region: ({ region }) => region,
  settings: ({ settings }) => (settings === null ? null : JSON.stringify(settings)),
  pricePerPeriod: ({ pricePerPeriod }) => pricePerPeriod,
  periods: ({ periods }) => periods,
  escrow: ({ escrow }) => escrow,
  paid: ({ paid }) => paid,
  refunded: ({ refunded }) => refunded,
  proposed: ({ proposedAt }) => time(proposedAt),
  activated: ({ activatedAt }) => time(activatedAt),
  ends: ({ endsAt }) => time(endsAt),
  endsPeriod: ({ endsPeriod }) => endsPeriod,
  endsBlock: ({ endsBlock }) => endsBlock,
  ended: ({ endedAt }) => time(endedAt),
  lastProvedPeriod: ({ lastProved }) => lastProved,
  lastProved: ({ lastProvedAt }) => time(lastProvedAt),
  checked: ({ checkedAt }) => time(checkedAt),
  checkResult: ({ checkResult }) => checkResult,
};
export const DEAL_COLUMNS = Object.keys(COLUMNS);

const utf8 = new TextEncoder();

/** A heading, and a line for each deal; money is in wei. */
export async function* dealCsv(batches: AsyncIterable<readonly DealJson[]>): AsyncGenerator<Uint8Array> {
  yield utf8.encode(csvLine(DEAL_COLUMNS));
  for await (const batch of batches)
    yield utf8.encode(batch.map((deal) => csvLine(Object.values(COLUMNS).map((of) => of(deal)))).join(""));
}
