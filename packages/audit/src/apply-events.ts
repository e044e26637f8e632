import { inTransaction } from "@cairn/catalog";
import type { Hex, LedgerEvent } from "@cairn/core";
import type { Pool, PoolClient } from "pg";

/** The audit's own copy of what it needs of the finalised chain, with a cursor of its own. */
export interface AuditProjection {
  /** Block to go on from. */
  cursor(): Promise<number>;
  /** Apply blocks [from, next) with the cursor in one transaction; does nothing when `from` is not the cursor. */
  apply(batch: { from: number; next: number; events: readonly LedgerEvent[] }): Promise<boolean>;
}

export function createAuditProjection(pool: Pool, verifierSet: Hex, deployedAt: number): AuditProjection {
  return {
    async cursor() {
      const { rows } = await pool.query<{ next: number }>("select next_block::float8 as next from audit.cursor");
      return rows[0]?.next ?? deployedAt;
    },
    apply: ({ from, next, events }) =>
      inTransaction(pool, async (client) => {
        await client.query("insert into audit.cursor (next_block) values ($1) on conflict do nothing", [from]);
        const moved = await client.query("update audit.cursor set next_block = $2 where next_block = $1", [from, next]);
        if (moved.rowCount === 0) return false;
        await applyAuditEvents(client, verifierSet, events);
        return true;
      }),
  };
}

/** Seeds of opened periods, proofs on chain, and the tallies of a period whose root the quorum agreed on. */
async function applyAuditEvents(client: PoolClient, verifierSet: Hex, events: readonly LedgerEvent[]): Promise<void> {
  for (const event of events) {
    if (event.name === "PeriodOpened") {
      await client.query("insert into audit.periods (period, seed) values ($1, $2) on conflict do nothing", [
        event.period,
        event.seed,
      ]);
    } else if (event.name === "PossessionProven") {
      await client.query(
        `insert into audit.outcomes (deal, period, outcome, received_at) values ($1, $2, 'chain', $3)
on conflict (deal, period) do update set outcome = 'chain', reason = null`,
        [event.deal, event.period, event.time],
      );
    } else if (event.name === "PeriodFinalized" && event.set === verifierSet) {
      await finalizePeriod(client, event.set, event.period, event.root);
    }
  }
}

async function finalizePeriod(client: PoolClient, set: Hex, period: number, root: Hex): Promise<void> {
  const { rowCount } = await client.query(
    "update audit.periods set state = 'final' where period = $1 and root = $2 and state <> 'final'",
    [period, root],
  );
  if (rowCount === 0) return;
  await client.query(
    `insert into audit.tallies as t (verifier_set, deal, period, fulfilled, committed, missed, recent)
select verifier_set, deal, period, fulfilled, committed, missed, recent from audit.pending_tallies
where verifier_set = $1 and period = $2
on conflict (verifier_set, deal) do update set period = excluded.period, fulfilled = excluded.fulfilled,
  committed = excluded.committed, missed = excluded.missed, recent = excluded.recent
where t.period < excluded.period`,
    [set, period],
  );
}
