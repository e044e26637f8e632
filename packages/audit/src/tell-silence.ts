import { markSilent, type NewEvent, type Queryable, recordEvents } from "@cairn/catalog";
import { type PeriodClock, periodStart } from "@cairn/core";
import type { Address, DealId, PackageId } from "@cairn/protocol";
import type { AuditedDeal } from "./audited-deals.ts";
import { type Judgement, SILENCE_WINDOW, silenceStrikes, VERDICT } from "./judge-period.ts";

type Told = Pick<AuditedDeal, "deal" | "provider" | "package" | "piece" | "shard">;

/** Shards that one event names. */
const NAMED = 5;
/** Answers that end a silence. */
const HEARD: ReadonlySet<Judgement["outcome"]> = new Set(["proved", "chain", "late"]);

/**
 * Tell the owner of the first proof that is missing, and when its provider proves again; what lies between is told once. One event for all shards of
 * a package at one provider. Call it in the transaction that judges.
 */
export async function tellSilence(
  db: Queryable,
  period: number,
  judgements: readonly Judgement[],
  deals: readonly Told[],
  clock: PeriodClock,
): Promise<void> {
  const known = new Map(deals.filter((deal) => deal.package !== null).map((deal) => [deal.deal, deal]));
  const of = (test: (judgement: Judgement) => boolean) =>
    judgements.filter((one) => known.has(one.leaf.deal) && test(one)).map((one) => one.leaf.deal);
  const failed = new Set(of(({ leaf }) => leaf.verdict === VERDICT.fault));
  const silent = of(({ outcome }) => outcome === "silent");
  const heard = of(({ outcome }) => HEARD.has(outcome));
  const changed = await markSilent(db, { silent, heard, since: periodStart(period, clock) });
  const grouped = (ids: readonly DealId[]) =>
    Map.groupBy(
      ids.map((id) => known.get(id)!),
      ({ package: id, provider }) => `${id} ${provider}`,
    ).values();
  const at = `${new Date(periodStart(period, clock) * 1000).toISOString().slice(11, 16)} UTC`;
  const events: NewEvent[] = [];
  for (const some of grouped(changed.silent)) {
    events.push({
      ...about(some, period),
      kind: "proof-missed",
      severity: "warning",
      message: `${nameOf(some)} did not prove ${shardsOf(some)} in the period of ${at}: it is not paid for that.`,
      next: some.some(({ deal }) => failed.has(deal))
        ? "Nothing: its deal fails as too many periods were missed, and the shard is rebuilt on another provider."
        : `Nothing yet: it is asked again each period. With ${silenceStrikes(clock)} missed of ${SILENCE_WINDOW} its deal fails, and the shard is rebuilt on another provider.`,
    });
  }
  for (const some of grouped(changed.heard)) {
    events.push({
      ...about(some, period),
      kind: "proofs-resumed",
      severity: "info",
      message: `${nameOf(some)} answers again for ${shardsOf(some)}.`,
    });
  }
  await recordEvents(db, events);
}

function about(some: readonly Told[], period: number) {
  const [first] = some as [Told];
  return {
    package: first.package as PackageId,
    provider: first.provider as Address,
    deal: some.length === 1 ? first.deal : undefined,
    data: { period, shards: some.map(({ piece, shard }) => ({ piece, shard })) },
  };
}

const nameOf = ([first]: readonly Told[]) => `Provider ${first!.provider.slice(0, 10)}`;

function shardsOf(some: readonly Told[]): string {
  const named = some.slice(0, NAMED).map(({ piece, shard }) => `shard ${shard} of piece ${piece}`);
  return some.length > NAMED ? `${named.join(", ")} and ${some.length - NAMED} more` : named.join(", ");
}
