import type { Queryable } from "@cairn/catalog";
import { isScheduled, periodAt } from "@cairn/core";
import type { Address, DealId } from "@cairn/protocol";
import { type Attendance, attendanceOf } from "./attendance.ts";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import type { WorkingContext } from "./context.ts";
import { silenceStrikes } from "./judge-period.ts";
import { type Hearing, type Weight, weighSilence } from "./weigh-silence.ts";

/** What the verifiers heard of a period so far, and what it is worth. */
export interface PeriodHearing {
  attendance: Attendance;
  /** ACTIVE deals of the set. */
  deals: AuditedDeal[];
  /** Those that owed an answer of which nothing came. */
  silent: AuditedDeal[];
  /** Silent deals that one more miss, this one, would make a fault. */
  lastChance: Set<DealId>;
  /** Providers that owed answers. */
  expected: number;
  weight: Weight;
}

/** @param db the transaction that judges, or the pool */
export async function hearPeriod(context: WorkingContext, db: Queryable, period: number): Promise<PeriodHearing> {
  const { deployment, verifierSet, clock, absentAfterSeconds } = context;
  const deals = await auditedDeals({ pool: db, deployment }, { state: "ACTIVE", verifierSet });
  const asked = deals.filter(
    (deal) =>
      period <= deal.lastPeriod && isScheduled(period, deal.duty, periodAt(deal.receiptTime, deployment), deployment),
  );
  const { rows } = await db.query<{ deal: DealId }>(
    `select deal from audit.outcomes where period = $1 union select deal from audit.evidence where state = 'standing'`,
    [period],
  );
  const heard = new Set(rows.map((row) => row.deal));
  const silent = asked.filter((deal) => !heard.has(deal.deal));
  const misses = await db.query<{ deal: DealId }>(
    "select deal from audit.tallies where verifier_set = $1 and deal = any($2) and jsonb_array_length(missed) >= $3",
    [verifierSet, silent.map((deal) => deal.deal), silenceStrikes(deployment) - 1],
  );
  const attendance = await attendanceOf(db, period, deployment, clock.now(), absentAfterSeconds);
  const hearing = hearingOf({
    asked,
    heard,
    attended: attendance.heard,
    connected: context.transport.connected?.() ?? [],
  });
  return {
    attendance,
    deals,
    silent,
    lastChance: new Set(misses.rows.map((row) => row.deal)),
    expected: hearing.expected,
    weight: weighSilence(hearing),
  };
}

/**
 * What counts for whose silence it is: deals of packages that this gateway keeps. Anybody can have deals on chain that name its verifiers, cost nothing and
 * are silent for ever: counted, they would make every silence the verifiers' own.
 */
export function hearingOf(what: {
  asked: readonly Pick<AuditedDeal, "deal" | "provider" | "package">[];
  heard: ReadonlySet<DealId>;
  attended: boolean;
  connected: readonly Address[];
}): Hearing {
  const asked = what.asked.filter((deal) => deal.package !== null);
  const silent = asked.filter((deal) => !what.heard.has(deal.deal));
  const owing = new Set(asked.map((deal) => deal.provider));
  return {
    attended: what.attended,
    expected: owing.size,
    silent: new Set(silent.map((deal) => deal.provider)).size,
    answersExpected: asked.length,
    answersMissing: silent.length,
    witnesses: what.connected.filter((provider) => !owing.has(provider)).length,
  };
}
