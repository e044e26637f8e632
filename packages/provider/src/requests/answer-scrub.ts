import { periodAt } from "@cairn/core";
import type { ScrubResult } from "@cairn/proofs";
import type { DealId } from "@cairn/protocol";
import type { ProviderContext, RequestHandlers } from "../context.ts";
import { limitRanges } from "./answer-prove.ts";
import { requireExecutor, unknownDeal } from "./authorise.ts";

/** Read every byte of a shard now; requests for the same shard share one pass. */
export function answerScrub(context: ProviderContext): RequestHandlers["scrub"] {
  const running = new Map<DealId, Promise<ScrubResult>>();
  return async (request, asker) => {
    const entry = context.book.get(request.deal);
    if (entry === undefined) throw unknownDeal(request.deal);
    await requireExecutor(context, asker, entry);
    const held = context.shards.held(request.deal);
    if (held === undefined) {
      return { damage: [{ offset: 0, length: Number(entry.quote.rawLength) }], checkedBytes: 0 };
    }
    const pass = running.get(held.deal) ?? context.parts.scrubShard(held, async () => context.signal.throwIfAborted());
    running.set(held.deal, pass);
    try {
      const { damage, checkedBytes } = await pass;
      // Whoever asked has the answer: it need not be reported again in this period.
      const period = periodAt(context.chainNow(), context.deployment());
      if (damage.length > 0) context.damage.set(held.deal, { ranges: damage, period });
      return { damage: limitRanges(damage), checkedBytes };
    } finally {
      running.delete(held.deal);
    }
  };
}
