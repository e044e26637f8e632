import type { Queryable } from "@cairn/catalog";
import type { DealId, Hex } from "@cairn/protocol";
import type { Judgement } from "./judge-period.ts";

/** Periods in a row that came to the same for a deal. Periods off duty belong to the run that they follow. */
export interface CustodyRun {
  from: number;
  /** Its last period. */
  to: number;
  /** `off-duty` only where no other run goes before without a gap. */
  outcome: RunOutcome;
  /** Periods in which the provider was on duty. */
  counted: number;
  /** Those of them in which it was proved: to the verifiers, and on chain. */
  proved: number;
  onChain: number;
}

/** `mixed`: the oldest runs of a deal that had too many, put together. */
type RunOutcome = Judgement["outcome"] | "mixed";

/**
 * Add a final period to the custody record of every deal that has a leaf in it. Call it once a period, in order, in the transaction that takes the
 * period as final.
 */
export async function recordCustody(db: Queryable, verifierSet: Hex, period: number): Promise<void> {
  await db.query({
    name: "audit-record-custody",
    text: `with judged as materialized (
  select l.deal, l.outcome, run.from_period, run.to_period, run.outcome as before
  from audit.leaves l left join lateral (
    select from_period, to_period, outcome from audit.custody c where c.deal = l.deal order by from_period desc limit 1
  ) run on true
  where l.verifier_set = $1 and l.period = $2
), extended as (
  update audit.custody c set to_period = $2, counted = counted + case when j.outcome = 'off-duty' then 0 else 1 end,
    closed = false, kept_period = null
  from judged j where c.deal = j.deal and c.from_period = j.from_period and j.to_period = $2 - 1 and j.outcome in ('off-duty', j.before)
  returning c.deal
), closing as (
  update audit.custody c set closed = true from judged j
  where c.deal = j.deal and c.from_period = j.from_period and j.to_period < $2 and not c.closed and j.deal not in (select deal from extended)
)
insert into audit.custody (deal, from_period, to_period, outcome, counted)
select deal, $2, $2, outcome, case when outcome = 'off-duty' then 0 else 1 end
from judged where deal not in (select deal from extended) and (to_period is null or to_period < $2)`,
    values: [verifierSet, period],
  });
  await db.query({
    name: "audit-last-proved",
    text: `update catalog.deals d set last_proved = $2 from audit.leaves l
where l.verifier_set = $1 and l.period = $2 and l.outcome in ('proved', 'chain') and d.deal = l.deal`,
    values: [verifierSet, period],
  });
}

/** The custody record of deals, each oldest first; deals without one are left out. */
export async function custodyOf(db: Queryable, deals: readonly DealId[]): Promise<Map<DealId, CustodyRun[]>> {
  const { rows } = await db.query<CustodyRun & { deal: DealId }>(
    `select deal, from_period::float8 as "from", to_period::float8 as "to", outcome, counted,
       coalesce(proved, case outcome when 'proved' then counted else 0 end) as proved,
       coalesce(on_chain, case outcome when 'chain' then counted else 0 end) as "onChain"
     from audit.custody where deal = any($1) order by deal, from_period`,
    [deals],
  );
  const runs = Map.groupBy(rows, ({ deal }) => deal);
  return new Map([...runs].map(([deal, some]) => [deal, some.map(({ deal: _, ...run }) => run)]));
}
