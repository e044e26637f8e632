import type { Queryable } from "@cairn/catalog";
import type { DealId, Hex } from "@cairn/protocol";
import type { Outcome } from "./judge-period.ts";

export interface OutcomeRow {
  deal: DealId;
  period: number;
  outcome: Outcome;
  reason: string | null;
  proofHash: Hex | null;
  signature: Hex | null;
}

/** What one period of a deal comes to when several outcomes are known of it: the highest. */
const RANK: Record<Outcome, number> = { damaged: 1, late: 2, proved: 3, wrong: 4, chain: 5 };

/** The same order as a PostgreSQL array, the weightiest last. */
const RANKED = `'{${Object.entries(RANK)
  .toSorted(([, a], [, b]) => a - b)
  .map(([outcome]) => outcome)
  .join(",")}}'::text[]`;

export const outcomeKey = ({ deal, period }: Pick<OutcomeRow, "deal" | "period">) => `${deal}/${period}`;

/**
 * Keep outcomes, one per deal and period: a proof on chain counts whatever else came, a signed wrong proof more than a right one, a right
 * one more than a late one, that more than a report of damage. Nothing is added to a period that has been judged; a row lock shared with the judging decides.
 * @returns the keys (`outcomeKey`) of what this call changed
 */
export async function recordOutcomes(db: Queryable, rows: readonly OutcomeRow[], now: number): Promise<Set<string>> {
  const best = new Map<string, OutcomeRow>();
  for (const row of rows) {
    const known = best.get(outcomeKey(row));
    if (known === undefined || RANK[row.outcome] > RANK[known.outcome]) best.set(outcomeKey(row), row);
  }
  // One order for everybody, so that two calls never wait for each other.
  const ordered = [...best].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  if (ordered.length === 0) return new Set();
  const { rows: changed } = await db.query<{ deal: DealId; period: number }>({
    name: "audit-record-outcomes",
    text: `with open as materialized (
  select period from audit.periods where period = any($2::bigint[]) and root is null for share
), given as (
  select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
    as g (deal, period, outcome, reason, proof_hash, signature)
)
insert into audit.outcomes as o (deal, period, outcome, reason, proof_hash, signature, received_at)
select g.*, $7::bigint from given g
where g.period in (select period from open) or not exists (select from audit.periods p where p.period = g.period)
on conflict (deal, period) do update
  set outcome = excluded.outcome, reason = excluded.reason, proof_hash = excluded.proof_hash, signature = excluded.signature
  where array_position(${RANKED}, excluded.outcome) > array_position(${RANKED}, o.outcome)
returning deal, period::float8 as period`,
    values: [
      ordered.map((row) => row.deal),
      ordered.map((row) => row.period),
      ordered.map((row) => row.outcome),
      ordered.map((row) => row.reason),
      ordered.map((row) => row.proofHash),
      ordered.map((row) => row.signature),
      now,
    ],
  });
  return new Set(changed.map(outcomeKey));
}
