import { answerDeadline, asCairnError, type DealId, type Head, periodAt } from "@cairn/core";
import type { ProviderContext } from "../context.ts";
import { factsOf } from "../deals/deal-book.ts";
import { backOff, pause } from "../gateways/back-off.ts";
import { applyEvent } from "./apply-event.ts";
import { dropDeal, dropExpired, dropReplaced, isOver, sweepOrphans } from "./drop-deals.ts";

const READS_AT_ONCE = 8;

/**
 * Ask the chain about every deal in the book, as facts are not stored. Returns deals that are over at the latest head: they are dropped once that is final.
 */
async function learnFacts(context: ProviderContext): Promise<DealId[]> {
  const queue = context.book.all();
  const over: DealId[] = [];
  const work = async () => {
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
      const record = await context.chain().deal(entry.deal);
      if (record === undefined) continue;
      entry.facts = factsOf(record);
      if (isOver(record.state)) over.push(entry.deal);
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, work));
  return over;
}

/**
 * Follow the chain until the program stops: learn the fate of this provider's deals from finalised blocks, and answer every period whose seed appears.
 * Nothing of it is kept on disk: at a start the chain is asked anew.
 */
export async function followChain(context: ProviderContext): Promise<void> {
  const retry = backOff(0.5, 15);
  const answered = new Set<number>();
  const atWork = new Set<Promise<void>>();
  let next: number | undefined;
  let lostCopies: number | undefined;

  const begin = async () => {
    const ledger = context.chain();
    const finalised = await ledger.finalized();
    const latest = await ledger.latest();
    const over = await learnFacts(context);
    await sweepOrphans(context);
    next = finalised.number + 1;
    return { latest, over };
  };
  const dropWhenFinal = async (latest: Head, over: DealId[]) => {
    const ledger = context.chain();
    while (over.length > 0 && !context.signal.aborted && (await ledger.finalized()).number < latest.number) {
      await pause(context.blockSeconds(), context.signal);
    }
    for (const deal of over) {
      const record = await ledger.deal(deal);
      if (record !== undefined && isOver(record.state)) await dropDeal(context, deal, `the deal is ${record.state}`);
    }
  };

  const answer = async (head: Head) => {
    const clock = context.deployment();
    const current = periodAt(head.timestamp, clock);
    for (const period of [current - 1, current]) {
      if (answered.has(period) || answerDeadline(period, clock) <= head.timestamp) continue;
      const seed = await context.chain().seed(period);
      if (seed === undefined) continue;
      answered.add(period);
      const work = context.parts.answerPeriod(period, seed).catch((error) => {
        context.log.error({ period, code: asCairnError(error).code }, asCairnError(error).message);
      });
      atWork.add(work);
      void work.finally(() => atWork.delete(work));
    }
    for (const period of answered) if (period < current - 2) answered.delete(period);
  };

  const readEvents = async () => {
    const ledger = context.chain();
    for (;;) {
      const from = next ?? 0;
      const batch = await ledger.events(from);
      for (const event of batch.events) await applyEvent(context, event);
      next = batch.next;
      if (batch.next > batch.head.number || batch.next <= from) {
        await dropExpired(context, batch.head.timestamp);
        await dropReplaced(context, batch.head.timestamp);
        return;
      }
    }
  };

  /** Deals whose receipt is on chain but whose shard is gone from the disk are lost, not silent. */
  const reportLost = () => {
    for (const { deal, quote, facts } of context.book.all()) {
      if (facts?.state !== "ACTIVE" || context.shards.held(deal) !== undefined || context.pulls.has(deal)) continue;
      const rawLength = Number(quote.rawLength);
      void context.parts.reportDamage({ deal, rawLength }, [{ offset: 0, length: rawLength }]);
    }
  };

  while (!context.signal.aborted) {
    try {
      if (next === undefined) {
        const { latest, over } = await begin();
        void dropWhenFinal(latest, over).catch((error) => {
          context.log.warn({ code: asCairnError(error).code }, asCairnError(error).message);
        });
      }
      const head = await context.chain().latest();
      if (head.hash !== context.head?.hash) {
        context.head = { ...head, seenAt: Date.now() };
        await answer(head);
        await readEvents();
        const period = periodAt(head.timestamp, context.deployment());
        if (lostCopies !== period) reportLost();
        lostCopies = period;
      }
      retry.reset();
    } catch (error) {
      if (context.signal.aborted) break;
      const { code, message } = asCairnError(error);
      context.log.warn({ code }, `the chain cannot be followed: ${message}`);
      await retry.wait(context.signal);
    }
    await pause(Math.min(2, Math.max(0.2, context.blockSeconds() / 4)), context.signal);
  }
  await Promise.all(atWork);
}
