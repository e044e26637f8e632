import { enqueue, inTransaction } from "@cairn/catalog";
import type { DealId } from "@cairn/protocol";
import { auditedDeals } from "./audited-deals.ts";
import type { WorkingContext } from "./context.ts";
import type { Judgement } from "./judge-period.ts";
import { REFUSALS_MOVED } from "./sample-reads.ts";

type Judged = Pick<Judgement, "outcome"> & { deal: DealId; piece: string; k: number };

/**
 * Pure: silent deals of pieces of which no more than k shards were heard. One more loss would be the package's: a copy is to be made before
 * anybody knows whether the silent come back; their deals are judged as ever.
 */
export function scarce(judged: readonly Judged[]): DealId[] {
  const live = new Map<string, number>();
  const isSilent = ({ outcome }: Judged) => outcome === "silent" || outcome === "held";
  // Damaged and wrong copies are no help; what nobody could hear, or was off duty, may well be there.
  const isLost = (one: Judged) => isSilent(one) || one.outcome === "wrong" || one.outcome === "damaged";
  for (const one of judged) if (!isLost(one)) live.set(one.piece, (live.get(one.piece) ?? 0) + 1);
  return judged.filter((one) => isSilent(one) && (live.get(one.piece) ?? 0) <= one.k).map(({ deal }) => deal);
}

/** After a period was judged: have copies made of what is scarce, and dropped of what was heard of again. Repeating it does no harm. */
export async function keepSpares(context: WorkingContext, period: number): Promise<void> {
  const { pool, verifierSet } = context;
  const { rows } = await pool.query<{ deal: DealId; outcome: Judgement["outcome"]; known: boolean }>(
    `select l.deal, l.outcome, s.deal is not null as known from audit.leaves l left join audit.spares s on s.deal = l.deal
where l.verifier_set = $1 and l.period = $2`,
    [verifierSet, period],
  );
  if (rows.every(({ outcome, known }) => !known && outcome !== "silent" && outcome !== "held")) return;
  const deals = new Map(
    (await auditedDeals(context, { state: "ACTIVE", verifierSet })).map((deal) => [deal.deal, deal]),
  );
  const wanted = new Set(
    scarce(
      rows.flatMap(({ deal, outcome }) => {
        const known = deals.get(deal);
        return known === undefined
          ? []
          : [{ deal, outcome, piece: `${known.owner}/${known.documentHash}/${known.piece}`, k: known.k }];
      }),
    ),
  );
  for (const { deal, outcome, known } of rows) {
    if (!known && wanted.has(deal)) {
      const reason = "Its provider is silent, and no more shards than the piece needs are heard of.";
      await inTransaction(pool, async (client) => {
        await client.query("insert into audit.spares (deal) values ($1) on conflict do nothing", [deal]);
        await enqueue(client, "spare", { deal, why: "silent", reason });
      });
    } else if (known && (outcome === "proved" || outcome === "chain")) {
      await inTransaction(pool, async (client) => {
        const { rows: refusing } = await client.query(
          "select from audit.refused_reads where deal = $1 and refusals >= $2",
          [deal, REFUSALS_MOVED],
        );
        await client.query("delete from audit.spares where deal = $1", [deal]);
        if (refusing.length > 0) return;
        await enqueue(client, "spare", { deal, why: null, reason: "its provider is back" });
      });
    }
  }
}
