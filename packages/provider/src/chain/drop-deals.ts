import type { DealId, Seconds } from "@cairn/protocol";
import type { ProviderContext } from "../context.ts";
import { type DealBook, factsOf } from "../deals/deal-book.ts";
import type { ShardStore } from "../shards/shard-store.ts";

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
  context.refusals.delete(deal);
  await context.shards.drop(deal);
  await context.book.remove(deal);
  context.log.info({ deal, bytes: Number(entry?.quote.rawLength ?? 0) }, `dropped: ${why}`);
}

/**
 * Free what can no longer become a deal, by the finalised chain's time: quotes that expired and are not on chain, and proposals past their deadline, which
 * nobody can activate any more. Resolves when the quotes are gone.
 * @returns the proposals, which are to be had expired on chain (`expireProposals`) before they are forgotten here
 */
export async function dropExpired(context: ProviderContext, finalisedTime: Seconds): Promise<DealId[]> {
  const overdue: DealId[] = [];
  for (const entry of context.book.all()) {
    const { deal, quote, facts } = entry;
    if (facts === undefined && quote.expiry < BigInt(finalisedTime)) {
      const record = await context.chain().deal(deal);
      if (record !== undefined) entry.facts = factsOf(record);
      else await dropDeal(context, deal, "the quote expired unused");
    } else if (facts?.state === "PROPOSED" && facts.deadline < finalisedTime) {
      const record = await context.chain().deal(deal);
      if (record !== undefined) entry.facts = factsOf(record);
      if (record?.state === "PROPOSED") overdue.push(deal);
    }
  }
  return overdue;
}

/**
 * Free the shards of FAILED deals once they are replaced: another deal on the same shard is ACTIVE, or the package has ended. Until then they
 * are still readable for repair, as nobody is served by one copy less.
 */
export async function dropReplaced(context: ProviderContext, finalisedTime: Seconds): Promise<void> {
  for (const { deal, quote, facts } of context.book.all()) {
    if (facts?.state !== "FAILED") continue;
    const { piece, shard } = quote;
    const chain = context.chain();
    const [owning, successor] = await Promise.all([chain.package(quote), chain.liveDealAt(quote, piece, shard)]);
    const ended = owning === undefined || owning.lastPeriod > 0 || owning.expiry < finalisedTime;
    const replaced = successor !== undefined && (await chain.deal(successor))?.state === "ACTIVE";
    if (ended || replaced) await dropDeal(context, deal, ended ? "the package has ended" : "the shard was replaced");
  }
}

/**
 * Remove shards and parts of shards that no quote stands behind: a kill between two removals leaves them. A wrong deal file stands behind the
 * shard of the deal that it is named after; while one has another name nothing is removed, as it may stand behind any shard.
 */
export async function sweepOrphans(
  context: Pick<ProviderContext, "log"> & {
    book: Pick<DealBook, "get" | "wrongFiles">;
    shards: Pick<ShardStore, "all" | "pulling" | "drop">;
  },
): Promise<void> {
  const { wrongFiles } = context.book;
  const kept = new Set(wrongFiles.map((name) => /^(0x[0-9a-f]{64})\.json$/.exec(name)?.[1]));
  if (kept.has(undefined)) {
    context.log.warn({ wrongFiles }, "no shard is swept while deal files are wrong: restore or remove them");
    return;
  }
  if (kept.size > 0) {
    context.log.warn({ wrongFiles }, "the shards of wrong deal files are not swept: restore or remove the files");
  }
  const orphans = new Set([...context.shards.all().map(({ deal }) => deal), ...(await context.shards.pulling())]);
  for (const deal of orphans) {
    if (context.book.get(deal) !== undefined || kept.has(deal)) continue;
    await context.shards.drop(deal);
    context.log.warn({ deal }, "dropped: no deal stands behind this shard");
  }
}
