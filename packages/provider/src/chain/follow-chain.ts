import { answerDeadline, type Head, periodAt } from "@cairn/core";
import { backOff, pause } from "@cairn/process";
import { asCairnError, type DealId } from "@cairn/protocol";
import type { ProviderContext } from "../context.ts";
import { factsOf } from "../deals/deal-book.ts";
import { applyEvent } from "./apply-event.ts";
import { dropDeal, dropExpired, dropReplaced, isOver, sweepOrphans } from "./drop-deals.ts";
import { expireProposals } from "./expire-proposals.ts";

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

/** Until there may be another block than the last one seen. */
async function nextBlock(context: ProviderContext): Promise<void> {
  const seen = context.head;
  if (seen === undefined) await pause(0.5, context.signal);
  else await context.chain().nextBlock(seen.number, context.signal);
}

/** Periods, the present one and the one before it, whose answers still count; there is none before the first. */
export function openPeriods(now: number, clock: Parameters<typeof answerDeadline>[1]): number[] {
  const current = periodAt(now, clock);
  return [current - 1, current].filter((period) => period >= 0 && now < answerDeadline(period, clock));
}

/**
 * Follow the chain until the program stops: learn the fate of this provider's deals from finalised blocks, and answer every period whose seed appears.
 * Nothing of it is kept on disk: at a start the chain is asked anew.
 */
export async function followChain(context: ProviderContext): Promise<void> {
  const retry = backOff(0.5, 15);
  const answered = new Set<number>();
  const atWork = new Set<Promise<void>>();
  const expiring = new Set<DealId>();
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
      await ledger.nextBlock(latest.number - 1, context.signal);
      await pause(0.5, context.signal);
    }
    for (const deal of over) {
      const record = await ledger.deal(deal);
      if (record !== undefined && isOver(record.state)) await dropDeal(context, deal, `the deal is ${record.state}`);
    }
  };

  const answer = async (head: Head) => {
    for (const period of openPeriods(head.timestamp, context.deployment())) {
      if (answered.has(period)) continue;
      const seed = await context.chain().seed(period);
      if (seed === undefined) continue;
      answered.add(period);
      const work = context.parts.answerPeriod(period, seed).catch((error) => {
        context.log.error({ period, code: asCairnError(error).code }, asCairnError(error).message);
      });
      atWork.add(work);
      void work.finally(() => atWork.delete(work));
    }
    const present = periodAt(head.timestamp, context.deployment());
    for (const period of answered) if (period < present - 2) answered.delete(period);
  };

  /** Its transactions wait for blocks, and the next period's answer must not. */
  const expireAside = (overdue: readonly DealId[]) => {
    const fresh = overdue.filter((deal) => !expiring.has(deal));
    if (fresh.length === 0) return;
    for (const deal of fresh) expiring.add(deal);
    const work = expireProposals(context, fresh);
    atWork.add(work);
    void work.finally(() => {
      atWork.delete(work);
      for (const deal of fresh) expiring.delete(deal);
    });
  };

  const readEvents = async () => {
    const ledger = context.chain();
    for (;;) {
      const from = next ?? 0;
      const batch = await ledger.events(from);
      for (const event of batch.events) await applyEvent(context, event);
      next = batch.next;
      if (batch.next > batch.head.number || batch.next <= from) {
        expireAside(await dropExpired(context, batch.head.timestamp));
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
        context.head = { ...head, present: await context.chain().present(), seenAt: performance.now() };
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
    await nextBlock(context);
  }
  await Promise.all(atWork);
}
