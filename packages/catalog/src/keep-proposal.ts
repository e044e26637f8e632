import { type DealId, digestOf, type Hex, messageFromJson, type SigningContext } from "@cairn/protocol";
import { dealCidOf } from "@cairn/protocol/deal-cid";
import type { PoolClient } from "pg";
import { toJson } from "./json.ts";

/** What a deal was placed under, as it was when it was proposed; later changes of the package or of the account's settings do not touch it. */
export interface DealSettings {
  k: number;
  n: number;
  days: number;
  mask: string;
  layout: string;
  /** `placementToJson` */
  placement: unknown;
  /** The owner's ceiling: wei for a GiB and a day, decimal. */
  maxPrice: string;
}

/**
 * Keep what was agreed for a deal that the chain has now: quote, mandate and settings of the slot that proposed it, which may be given another deal
 * later. Of a deal that another gateway proposed nothing is known here.
 */
export async function keepProposal(client: PoolClient, deal: DealId, context: SigningContext): Promise<void> {
  const { rows } = await client.query(
    `select s.quote, s.quote_signature, p.mandate, p.k, p.n, p.days, p.mask, p.layout, p.placement
     from catalog.slots s join catalog.packages p on p.id = s.package
     where s.deal = $1 and s.quote is not null and p.mandate is not null`,
    [deal],
  );
  const [row] = rows as Record<string, unknown>[];
  if (row === undefined) return;
  const signature = row.quote_signature as Hex;
  const mandate = messageFromJson("Mandate", row.mandate);
  const mandateHash = digestOf("Mandate", mandate, context);
  const dealCid = dealCidOf({ quote: messageFromJson("Quote", row.quote), signature, mandateHash });
  const settings: DealSettings = {
    k: row.k as number,
    n: row.n as number,
    days: row.days as number,
    mask: row.mask as string,
    layout: row.layout as string,
    placement: row.placement,
    maxPrice: mandate.maxPrice.toString(),
  };
  await client.query(
    `insert into catalog.proposals (deal, deal_cid, quote, quote_signature, mandate_hash, settings) values ($1, $2, $3, $4, $5, $6)
     on conflict (deal) do nothing`,
    [deal, dealCid, toJson(row.quote), signature, mandateHash, toJson(settings)],
  );
}
