import { periodAt } from "@cairn/core";
import { backOff } from "@cairn/process";
import type { ByteRange } from "@cairn/proofs";
import { asCairnError, type DealId, type Signed, signTyped } from "@cairn/protocol";
import { MAX_PUSH_ITEMS } from "@cairn/protocol/wire";
import type { ProviderContext } from "../context.ts";
import { limitRanges } from "../requests/answer-prove.ts";

function signReports(context: ProviderContext, deal: DealId, ranges: readonly ByteRange[]): Signed<"DamageReport">[] {
  const deployment = context.deployment();
  const period = BigInt(periodAt(context.chainNow(), deployment));
  // The whole shard is rewritten, whichever ranges are named.
  return limitRanges(ranges)
    .slice(0, MAX_PUSH_ITEMS)
    .map(({ offset, length }) => {
      const message = { deal, period, offset: BigInt(offset), length: BigInt(length) };
      return { message, signature: signTyped("DamageReport", message, deployment, context.identity.hotKey) };
    });
}

/** Whether any gateway took the reports. */
async function push(context: ProviderContext, reports: Signed<"DamageReport">[]): Promise<boolean> {
  const outcomes = await Promise.all(
    context.gateways.map(async (gateway) => {
      try {
        const results = await gateway.pushReports(reports, context.signal);
        const [refusal] = results.filter((result) => result !== "accepted");
        if (refusal === undefined) return true;
        context.log.info({ gateway: gateway.url.origin }, `damage report not taken: ${refusal}`);
        return false;
      } catch (error) {
        const { code, message } = asCairnError(error);
        context.log.warn({ gateway: gateway.url.origin, code }, `damage not reported: ${message}`);
        return false;
      }
    }),
  );
  return outcomes.includes(true);
}

/**
 * Make damage known, once a period while it lasts: signed reports go to every gateway until one has taken them, the copy was replaced, or the deal is gone.
 * They are signed anew at each attempt, as a report names the current period.
 */
export async function reportDamage(
  context: ProviderContext,
  held: { deal: DealId },
  ranges: ByteRange[],
): Promise<void> {
  const { deal } = held;
  const period = periodAt(context.chainNow(), context.deployment());
  if (context.damage.get(deal)?.period === period) return;
  const known = { ranges, period };
  context.damage.set(deal, known);
  const bytes = ranges.reduce((sum, range) => sum + range.length, 0);
  context.log.error({ deal, ranges: ranges.slice(0, 4), bytes }, "stored bytes are damaged");
  const retry = backOff(Math.min(1, context.blockSeconds()), 60);
  while (!context.signal.aborted && context.damage.get(deal) === known && context.book.get(deal) !== undefined) {
    if (await push(context, signReports(context, deal, ranges))) return;
    await retry.wait(context.signal);
  }
}
