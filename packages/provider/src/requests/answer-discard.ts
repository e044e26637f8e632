import type { ProviderContext, RequestHandlers } from "../context.ts";
import { checkUploadCapability, requireGateway, unknownDeal } from "./authorise.ts";

/** Drop a copy so that `store` can write it again; the deal and its space stay. */
export function answerDiscard(context: ProviderContext): RequestHandlers["discard"] {
  return async (request, asker) => {
    requireGateway(asker);
    const entry = context.book.get(request.deal);
    if (entry === undefined) throw unknownDeal(request.deal);
    await checkUploadCapability(context, request.capability, request.deal, entry.quote);
    const had = context.shards.held(request.deal) !== undefined;
    context.pulls.get(request.deal)?.stop.abort();
    context.trees.forget(request.deal);
    context.damage.delete(request.deal);
    await context.shards.drop(request.deal);
    context.log.warn({ deal: request.deal }, "discarded on the executor's word");
    return { discarded: had };
  };
}
