import type { Queryable } from "@cairn/catalog";
import { lastScheduledPeriod, periodAt } from "@cairn/core";
import type { Address, DealId, DealState, Hex, Money, PackageId } from "@cairn/protocol";
import type { AuditContext } from "./context.ts";

/** Of `catalog.deals d`: the deal's package is kept at this gateway, by whichever account. */
export const KEPT_HERE =
  "exists (select from catalog.packages c where c.document_hash = d.document_hash and c.owner = d.owner)";

/** A deal as the audit needs it: from the projection of the finalised chain. */
export interface AuditedDeal {
  deal: DealId;
  provider: Address;
  /** The provider's present hot key: signs its proofs. */
  hot: Address;
  owner: Address;
  documentHash: Hex;
  package: PackageId | null;
  piece: number;
  shard: number;
  k: number;
  commitment: Hex;
  rawLength: number;
  duty: bigint;
  pricePerPeriod: Money;
  /** 0 before the receipt. */
  receiptTime: number;
  lastPeriod: number;
  state: DealState;
  verifierSet: Hex;
}

interface Row extends Omit<AuditedDeal, "rawLength" | "duty" | "pricePerPeriod" | "receiptTime" | "lastPeriod"> {
  rawLength: string;
  duty: string;
  pricePerPeriod: string;
  receiptTime: string | null;
  lastPeriod: string | null;
  periods: number;
}

/** Deals by id, by state, of one package or of one verifier set; every filter that is given must hold. */
export async function auditedDeals(
  { pool, deployment }: { pool: Queryable; deployment: AuditContext["deployment"] },
  filter: { deals?: DealId[]; state?: DealState; package?: PackageId; verifierSet?: Hex },
): Promise<AuditedDeal[]> {
  const { rows } = await pool.query({
    name: "audit-deals",
    text: `select d.deal, d.provider, p.hot, d.owner, d.document_hash as "documentHash", c.id as package, d.piece, d.shard,
  coalesce(c.k, 1) as k, d.commitment, d.raw_length as "rawLength", d.duty, d.price_per_period as "pricePerPeriod", d.received_at as "receiptTime",
  d.last_period as "lastPeriod", d.periods, d.state, d.verifier_set as "verifierSet"
from catalog.deals d
join catalog.providers p on p.provider = d.provider
left join catalog.packages c on c.document_hash = d.document_hash and c.owner = d.owner
where ($1::text[] is null or d.deal = any($1)) and ($2::text is null or d.state = $2) and ($3::text is null or c.id = $3)
  and ($4::text is null or d.verifier_set = $4)
order by d.deal`,
    values: [filter.deals ?? null, filter.state ?? null, filter.package ?? null, filter.verifierSet ?? null],
  });
  return (rows as Row[]).map(({ periods, ...row }) => {
    const duty = BigInt(row.duty);
    const receiptTime = Number(row.receiptTime ?? 0);
    const agreed = lastScheduledPeriod(periodAt(receiptTime, deployment), periods, duty, deployment);
    const shortened = row.lastPeriod === null ? agreed : Number(row.lastPeriod);
    return {
      ...row,
      rawLength: Number(row.rawLength),
      duty,
      pricePerPeriod: BigInt(row.pricePerPeriod),
      receiptTime,
      lastPeriod: Math.min(agreed, shortened),
    };
  });
}
