import { inTransaction, recordEvents } from "@cairn/catalog";
import type { FinalizedHead, LedgerEvent } from "@cairn/core";
import { CairnError, type Hex } from "@cairn/protocol";
import type { Pool, PoolClient } from "pg";
import { recordCustody } from "./custody.ts";

/** The audit's own copy of what it needs of the finalised chain, with a cursor of its own. */
export interface AuditProjection {
  /** Block to go on from. */
  cursor(): Promise<number>;
  /** Apply blocks [from, next) with the cursor in one transaction; does nothing when `from` is not the cursor. */
  apply(batch: { from: number; next: number; events: readonly LedgerEvent[]; head: FinalizedHead }): Promise<boolean>;
  /** Block time up to which every event is applied; undefined before the chain's head was reached for the first time. */
  appliedUntil(): Promise<number | undefined>;
}

export function createAuditProjection(pool: Pool, verifierSet: Hex, deployedAt: number): AuditProjection {
  return {
    async cursor() {
      const { rows } = await pool.query<{ next: number }>("select next_block::float8 as next from audit.cursor");
      return rows[0]?.next ?? deployedAt;
    },
    async appliedUntil() {
      const { rows } = await pool.query<{ time: number | null }>("select head_time::float8 as time from audit.cursor");
      return rows[0]?.time ?? undefined;
    },
    apply: ({ from, next, events, head }) =>
      inTransaction(pool, async (client) => {
        await client.query("insert into audit.cursor (next_block) values ($1) on conflict do nothing", [from]);
        const moved = await client.query(
          "update audit.cursor set next_block = $2, head_time = coalesce($3, head_time) where next_block = $1",
          [from, next, next > head.number ? head.timestamp : null],
        );
        if (moved.rowCount === 0) return false;
        await applyAuditEvents(client, verifierSet, events);
        return true;
      }),
  };
}

/** Seeds of periods, proofs on chain, and the tallies of a period whose root the quorum agreed on. */
async function applyAuditEvents(client: PoolClient, verifierSet: Hex, events: readonly LedgerEvent[]): Promise<void> {
  for (const event of events) {
    if (event.name === "SeedDrawn") {
      await client.query(
        "insert into audit.periods (period, seed, opened_at) values ($1, $2, $3) on conflict do nothing",
        [event.period, event.seed, event.time],
      );
    } else if (event.name === "PossessionProven") {
      await client.query(
        `insert into audit.outcomes (deal, period, outcome, received_at) values ($1, $2, 'chain', $3)
on conflict (deal, period) do update set outcome = 'chain', reason = null`,
        [event.deal, event.period, event.time],
      );
    } else if (event.name === "Voted" && event.set === verifierSet) {
      await client.query(
        "insert into audit.votes (period, verifier, root, transaction) values ($1, $2, $3, $4) on conflict do nothing",
        [event.period, event.verifier, event.root, event.transaction],
      );
    } else if (event.name === "PeriodFinalized" && event.set === verifierSet) {
      await finalizePeriod(client, event);
    }
  }
}

type PeriodFinalized = Extract<LedgerEvent, { name: "PeriodFinalized" }>;

async function finalizePeriod(client: PoolClient, { set, period, root, time }: PeriodFinalized): Promise<void> {
  const { rowCount } = await client.query(
    "update audit.periods set state = 'final', final_at = $3 where period = $1 and root = $2 and state <> 'final'",
    [period, root, time],
  );
  if (rowCount === 0) {
    const { rows } = await client.query<{ root: Hex | null }>("select root from audit.periods where period = $1", [
      period,
    ]);
    if (rows[0]?.root !== root) await tellOtherRoot(client, period, root);
    return;
  }
  await requireTallies(client, set, period);
  await recordCustody(client, set, period);
  await client.query(
    `insert into audit.tallies as t (verifier_set, deal, period, fulfilled, committed, missed, held, damaged, recent, fault)
select verifier_set, deal, period, fulfilled, committed, missed, held, damaged, recent, fault from audit.pending_tallies
where verifier_set = $1 and period = $2
on conflict (verifier_set, deal) do update set period = excluded.period, fulfilled = excluded.fulfilled,
  committed = excluded.committed, missed = excluded.missed, held = excluded.held, damaged = excluded.damaged, recent = excluded.recent,
  fault = excluded.fault
where t.period < excluded.period`,
    [set, period],
  );
}

/** A root is final only with the counts that were judged with it: to go on without them would take what was earned before for nothing. */
async function requireTallies(client: PoolClient, set: Hex, period: number): Promise<void> {
  const { rows } = await client.query<{ missing: number }>(
    `select leaves - (select count(*)::int from audit.pending_tallies where verifier_set = $1 and period = $2) as missing
from audit.periods where period = $2`,
    [set, period],
  );
  const missing = rows[0]?.missing ?? 0;
  if (missing === 0) return;
  throw new CairnError(`period ${period} is final, and the counts of ${missing} of its leaves are not here`, {
    code: "tallies-missing",
    kind: "internal",
    next: "Restore the database as it was, or take the counts from the period's leaf file: judging goes on when they are here.",
  });
}

/** The quorum agreed on a root that was not computed here: an older copy of this database is at work, or other verifiers are. */
async function tellOtherRoot(client: PoolClient, period: number, root: Hex): Promise<void> {
  await recordEvents(client, [
    {
      kind: "other-root",
      severity: "error",
      message: `The verifiers agreed on another verdict for period ${period} than this gateway has: ${root}.`,
      next: "If this home was restored from a backup, that is expected for the time since; else find out who else votes with these keys.",
    },
  ]);
}
