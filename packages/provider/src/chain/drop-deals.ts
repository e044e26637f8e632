import type { DealId, Seconds } from "@cairn/core";
import type { ProviderContext } from "../context.ts";
import { factsOf } from "../deals/deal-book.ts";

const OVER = new Set(["COMPLETED", "CANCELLED", "EXPIRED"]);

/** Whether a deal's bytes are of no more use to anybody. Those of a FAILED deal may be the last copy: see `dropReplaced`. */
export function isOver(state: string): boolean {
  return OVER.has(state);
}

/** Free what a deal takes up here. */
export async function dropDeal(context: ProviderContext, deal: DealId, why: string): Promise<void> {
  const entry = context.book.get(deal);
  context.pulls.get(deal)?.stop.abort();
  context.trees.forget(deal);
  context.damage.delete(deal);
  await context.shards.drop(deal);
  await context.book.remove(deal);
  context.log.info({ deal, bytes: Number(entry?.quote.rawLength ?? 0) }, `dropped: ${why}`);
}

/**
 * Free what can no longer become a deal, by the finalised chain's time: quotes that expired and are not on chain, and proposals past their deadline, which
 * nobody can activate any more, whether or not somebody has them expired.
 */
export async function dropExpired(context: ProviderContext, finalisedTime: Seconds): Promise<void> {
  for (const entry of context.book.all()) {
    const { deal, quote, facts } = entry;
    if (facts === undefined && quote.expiry < BigInt(finalisedTime)) {
      const record = await context.chain().deal(deal);
      if (record !== undefined) entry.facts = factsOf(record);
      else await dropDeal(context, deal, "the quote expired unused");
    } else if (facts?.state === "PROPOSED" && facts.deadline < finalisedTime) {
      const record = await context.chain().deal(deal);
      if (record !== undefined) entry.facts = factsOf(record);
      if (record?.state === "PROPOSED") await dropDeal(context, deal, "the proposal's deadline passed");
    }
  }
}

/**
 * Free the shards of FAILED deals once they are replaced: another deal on the same shard is ACTIVE, or the package has ended. Until then they
 * are still readable for repair, as nobody is served by one copy less.
 */
export async function dropReplaced(context: ProviderContext, finalisedTime: Seconds): Promise<void> {
  for (const { deal, quote, facts } of context.book.all()) {
    if (facts?.state !== "FAILED") continue;
    const { manifestHash, piece, shard } = quote;
    const chain = context.chain();
    const [owning, successor] = await Promise.all([
      chain.package(manifestHash),
      chain.liveDealAt(manifestHash, piece, shard),
    ]);
    const ended = owning === undefined || owning.lastPeriod > 0 || owning.expiry < finalisedTime;
    const replaced = successor !== undefined && (await chain.deal(successor))?.state === "ACTIVE";
    if (ended || replaced) await dropDeal(context, deal, ended ? "the package has ended" : "the shard was replaced");
  }
}

/** Remove shards and parts of shards that no quote stands behind: a kill between two removals leaves them. */
export async function sweepOrphans(context: ProviderContext): Promise<void> {
  const orphans = new Set([...context.shards.all().map(({ deal }) => deal), ...(await context.shards.pulling())]);
  for (const deal of orphans) {
    if (context.book.get(deal) !== undefined) continue;
    await context.shards.drop(deal);
    context.log.warn({ deal }, "dropped: no deal stands behind this shard");
  }
}
