import type { DealRow } from "@cairn/catalog";
import { periodAt } from "@cairn/core";
import type { DealId, Seconds } from "@cairn/protocol";
import type { AuditContext } from "./context.ts";
import { type CustodyRun, custodyOf } from "./custody.ts";

/** Periods in a row; between those of the record come the ones of which it says nothing. */
export interface ProofSpan extends Omit<CustodyRun, "outcome"> {
  /** `void`: nobody judged them; `pending`: nobody has judged them yet. */
  outcome: CustodyRun["outcome"] | "void" | "pending";
}

/**
 * Every period from the first in which something was due up to `running`, in as few spans as there are changes. `decided`: the newest period that is
 * final or was given up; `last`: the last one that the deal pays for, if it has one.
 */
export function proofHistory(
  runs: readonly CustodyRun[],
  { decided, running, last }: { decided: number; running: number; last: number },
): ProofSpan[] {
  const told = runs.slice(
    Math.max(
      0,
      runs.findIndex(({ counted }) => counted > 0),
    ),
  );
  const [first] = told;
  if (first === undefined || first.counted === 0) return [];
  const spans: ProofSpan[] = [];
  const none = (from: number, to: number, outcome: "void" | "pending") => {
    if (from <= to) spans.push({ from, to, outcome, counted: 0, proved: 0, onChain: 0 });
  };
  let next = first.from;
  for (const run of told) {
    none(next, run.from - 1, "void");
    spans.push(run);
    next = run.to + 1;
  }
  none(next, Math.min(decided, last), "void");
  none(Math.max(next, decided + 1), Math.min(running, last), "pending");
  return spans;
}

/** The history of each deal at a time of the chain; deals without any are left out. */
export async function proofsOf(
  { pool, deployment }: Pick<AuditContext, "pool" | "deployment">,
  deals: readonly Pick<DealRow, "deal" | "lastPeriod" | "endsAt" | "endedAt">[],
  now: Seconds,
): Promise<Map<DealId, ProofSpan[]>> {
  const [custody, { rows }] = await Promise.all([
    custodyOf(
      pool,
      deals.map(({ deal }) => deal),
    ),
    pool.query<{ decided: number | null }>(
      "select max(period)::float8 as decided from audit.periods where state in ('final', 'void')",
    ),
  ]);
  const decided = rows[0]?.decided ?? -1;
  const running = periodAt(now, deployment);
  const histories = deals.map(({ deal, lastPeriod, endsAt, endedAt }): [DealId, ProofSpan[]] => {
    const last = Math.min(
      lastPeriod ?? Number.POSITIVE_INFINITY,
      endsAt === null ? Number.POSITIVE_INFINITY : periodAt(endsAt, deployment) - 1,
      endedAt === null ? Number.POSITIVE_INFINITY : periodAt(endedAt, deployment) - 1,
    );
    return [deal, proofHistory(custody.get(deal) ?? [], { decided, running, last })];
  });
  return new Map(histories.filter(([, spans]) => spans.length > 0));
}
