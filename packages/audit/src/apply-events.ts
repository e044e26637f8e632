import type { Hex, LedgerEvent } from "@cairn/core";
import type { PoolClient } from "pg";

/**
 * Bring the audit's tables up to finalised chain events, inside the indexer's transaction: seeds of opened periods, proofs on
 * chain, and the tallies of a period whose root the quorum agreed on.
 */
export async function applyAuditEvents(
  client: PoolClient,
  verifierSet: Hex,
  events: readonly LedgerEvent[],
): Promise<void> {
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
