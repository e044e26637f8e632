import {
  asCairnError,
  type DealId,
  digestOf,
  type Mandate,
  messageFromJson,
  messageToJson,
  type Signed,
  type SigningContext,
  signedFromJson,
} from "@cairn/protocol";
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
 * later. Of a deal that another gateway proposed nothing is known here, and of one whose stored quote or mandate is malformed nothing is kept: the events of
 * all other deals go on.
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
  const stored = storedOf(row);
  if (stored === undefined) return;
  const { quote, mandate } = stored;
  const mandateHash = digestOf("Mandate", mandate, context);
  const dealCid = dealCidOf({ quote: quote.message, signature: quote.signature, mandateHash });
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
    [deal, dealCid, toJson(messageToJson<"Quote">(quote.message)), quote.signature, mandateHash, toJson(settings)],
  );
}

/** Undefined where one of them is not what was agreed by its form. */
function storedOf(row: Record<string, unknown>): { quote: Signed<"Quote">; mandate: Mandate } | undefined {
  try {
    return {
      quote: signedFromJson("Quote", { message: row.quote, signature: row.quote_signature }),
      mandate: messageFromJson("Mandate", row.mandate),
    };
  } catch (error) {
    if (asCairnError(error).code === "bad-message") return undefined;
    throw error;
  }
}
