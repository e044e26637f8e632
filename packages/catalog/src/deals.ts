import type { PackageRef } from "@cairn/core";
import type { Address, DealId, DealState, Hex, Money, Seconds } from "@cairn/protocol";
import type { Queryable } from "./queryable.ts";

/** One deal as the finalised chain has it. */
export interface DealRow {
  deal: DealId;
  documentHash: Hex;
  owner: Address;
  provider: Address;
  piece: number;
  shard: number;
  commitment: Hex;
  rawLength: number;
  pricePerPeriod: Money;
  periods: number;
  duty: bigint;
  verifierSet: Hex;
  escrow: Money;
  paid: Money;
  refunded: Money;
  paidPeriods: number;
  deadline: Seconds;
  state: DealState;
  proposedAt: Seconds;
  receivedAt: Seconds | null;
  activatedAt: Seconds | null;
  endedAt: Seconds | null;
  /** Set once the owner has ended the deal early. */
  lastPeriod: number | null;
  /** Start of the first period that its provider did not prove, until it answers again. */
  silentSince: Seconds | null;
  /** Start of the first period that it does not pay for; null until its shard was received. */
  endsAt: Seconds | null;
  /** The newest period in which it was proved. */
  lastProved: number | null;
  /** When a check last asked for its shard, and what came of it. */
  checkedAt: Seconds | null;
  checkResult: string | null;
}

export interface DealFilter {
  /** All deals of one package. */
  package?: PackageRef;
  owner?: Address;
  provider?: Address;
  verifierSet?: Hex;
  states?: readonly DealState[];
  deals?: readonly DealId[];
}

export async function listDeals(db: Queryable, filter: DealFilter): Promise<DealRow[]> {
  const { rows } = await db.query(
    `select * from catalog.deals
     where ($1::text is null or document_hash = $1) and ($2::text is null or owner = $2) and ($3::text is null or provider = $3)
       and ($4::text is null or verifier_set = $4) and ($5::text[] is null or state = any($5)) and ($6::text[] is null or deal = any($6))
     order by proposed_block, document_hash, piece, shard`,
    [
      filter.package?.documentHash ?? null,
      (filter.package?.owner ?? filter.owner)?.toLowerCase() ?? null,
      filter.provider?.toLowerCase() ?? null,
      filter.verifierSet ?? null,
      filter.states ?? null,
      filter.deals ?? null,
    ],
  );
  return rows.map(dealOf);
}

const orNull = (value: unknown) => (value === null ? null : Number(value));

export function dealOf(row: Record<string, unknown>): DealRow {
  return {
    deal: row.deal as DealId,
    documentHash: row.document_hash as Hex,
    owner: row.owner as Address,
    provider: row.provider as Address,
    piece: row.piece as number,
    shard: row.shard as number,
    commitment: row.commitment as Hex,
    rawLength: Number(row.raw_length),
    pricePerPeriod: BigInt(row.price_per_period as string),
    periods: row.periods as number,
    duty: BigInt(row.duty as string),
    verifierSet: row.verifier_set as Hex,
    escrow: BigInt(row.escrow as string),
    paid: BigInt(row.paid as string),
    refunded: BigInt(row.refunded as string),
    paidPeriods: row.paid_periods as number,
    deadline: Number(row.deadline),
    state: row.state as DealState,
    proposedAt: Number(row.proposed_at),
    receivedAt: orNull(row.received_at),
    activatedAt: orNull(row.activated_at),
    endedAt: orNull(row.ended_at),
    lastPeriod: orNull(row.last_period),
    silentSince: orNull(row.silent_since),
    endsAt: orNull(row.ends_at),
    lastProved: orNull(row.last_proved),
    checkedAt: orNull(row.checked_at),
    checkResult: row.check_result as string | null,
  };
}

/** Mark deals whose providers fell silent, and those that were heard again. @returns those of each whose mark has changed by it */
export async function markSilent(
  db: Queryable,
  { silent, heard, since }: { silent: readonly DealId[]; heard: readonly DealId[]; since: Seconds },
): Promise<{ silent: DealId[]; heard: DealId[] }> {
  const changed = async (text: string, values: unknown[]) =>
    ((await db.query(`${text} returning deal`, values)).rows as { deal: DealId }[]).map(({ deal }) => deal).toSorted();
  return {
    silent: await changed("update catalog.deals set silent_since = $2 where deal = any($1) and silent_since is null", [
      silent,
      since,
    ]),
    heard: await changed(
      "update catalog.deals set silent_since = null where deal = any($1) and silent_since is not null",
      [heard],
    ),
  };
}
