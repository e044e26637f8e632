import type { FinalizedHead, Ledger, LedgerEvent, ProviderRecord } from "@cairn/core";
import { inTransaction } from "@cairn/database";
import type { Pool, PoolClient } from "pg";
import { applyDealEvent } from "./deal-events.ts";
import { type NewEvent, recordEvents } from "./events.ts";
import type { Queryable } from "./queryable.ts";

const CURSOR = "ledger";

export interface Projection {
  /** Block to go on from; `deployedAt` of the deployment at first. */
  cursor(): Promise<number>;
  /** Head of the finalised chain that the rows stand for, or undefined before the first apply. */
  head(): Promise<FinalizedHead | undefined>;
  /**
   * Write the rows, events and outbox messages of blocks [from, next) in one transaction together with the cursor. Does nothing
   * when `from` is not the cursor: another process has applied those blocks.
   */
  apply(batch: { from: number; next: number; events: readonly LedgerEvent[]; head: FinalizedHead }): Promise<boolean>;
}

/** Block time (UNIX seconds) up to which every event is in the catalog's tables; undefined while they are behind the chain. */
export async function projectedUntil(db: Queryable): Promise<number | undefined> {
  const { rows } = await db.query(
    "select head_time::float8 as time from catalog.cursors where name = $1 and next_block > head_number",
    [CURSOR],
  );
  return (rows[0] as { time: number } | undefined)?.time;
}

/** The projection of the contracts' events on the catalog's tables. */
export function createProjection(pool: Pool, ledger: Pick<Ledger, "provider" | "deployment">): Projection {
  return {
    async cursor() {
      const { rows } = await pool.query("select next_block::float8 as next from catalog.cursors where name = $1", [
        CURSOR,
      ]);
      return (rows[0] as { next: number } | undefined)?.next ?? ledger.deployment.deployedAt;
    },
    async head() {
      const { rows } = await pool.query(
        `select head_number::float8 as number, head_hash as hash, head_time::float8 as timestamp from catalog.cursors
         where name = $1 and head_number is not null`,
        [CURSOR],
      );
      return rows[0] === undefined ? undefined : { ...(rows[0] as FinalizedHead), finalized: true };
    },
    async apply({ from, next, events, head }) {
      const providers = await readProviders(ledger, events);
      return inTransaction(pool, async (client) => {
        await client.query("insert into catalog.cursors (name, next_block) values ($1, $2) on conflict do nothing", [
          CURSOR,
          from,
        ]);
        const { rows } = await client.query(
          "select next_block::float8 as next from catalog.cursors where name = $1 for update",
          [CURSOR],
        );
        if ((rows[0] as { next: number }).next !== from) return false;
        for (const record of providers.values()) await upsertProvider(client, record, head.number);
        const told: NewEvent[] = [];
        for (const event of events) {
          const provider = describeProviderEvent(event, providers);
          if (provider) told.push(provider);
          told.push(...(await applyDealEvent(client, event)));
        }
        await recordEvents(client, told);
        await client.query(
          "update catalog.cursors set next_block = $2, head_number = $3, head_hash = $4, head_time = $5 where name = $1",
          [CURSOR, next, head.number, head.hash, head.timestamp],
        );
        return true;
      });
    },
  };
}

async function readProviders(ledger: Pick<Ledger, "provider">, events: readonly LedgerEvent[]) {
  const records = new Map<string, ProviderRecord>();
  for (const event of events) {
    const concerns =
      event.name === "ProviderRegistered" || event.name === "ProviderRetired" || event.name === "WorkLogged";
    if (!concerns || records.has(event.provider)) continue;
    const record = await ledger.provider(event.provider);
    if (record) records.set(event.provider, record);
  }
  return records;
}

async function upsertProvider(client: PoolClient, p: ProviderRecord, block: number): Promise<void> {
  await client.query(
    `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint, fulfilled,
       committed, active, updated_block)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (provider) do update set hot = excluded.hot, payout = excluded.payout, capacity = excluded.capacity,
       price_floor = excluded.price_floor, egress_price = excluded.egress_price, duty = excluded.duty, region = excluded.region,
       endpoint = excluded.endpoint, fulfilled = excluded.fulfilled, committed = excluded.committed, active = excluded.active,
       updated_block = excluded.updated_block`,
    [
      p.provider.toLowerCase(),
      p.hot.toLowerCase(),
      p.payout.toLowerCase(),
      p.capacity.toString(),
      p.priceFloor.toString(),
      p.egressPrice.toString(),
      p.duty.toString(),
      p.region,
      p.endpoint,
      p.fulfilled.toString(),
      p.committed.toString(),
      p.active,
      block,
    ],
  );
}

function describeProviderEvent(event: LedgerEvent, records: Map<string, ProviderRecord>): NewEvent | undefined {
  if (event.name === "ProviderRegistered") {
    const region = records.get(event.provider)?.region ?? "an unknown region";
    return {
      provider: event.provider,
      kind: "provider-registered",
      severity: "info",
      message: `Provider ${short(event.provider)} in ${region} registered its terms.`,
    };
  }
  if (event.name === "ProviderRetired") {
    return {
      provider: event.provider,
      kind: "provider-retired",
      severity: "info",
      message: `Provider ${short(event.provider)} takes no new deals.`,
    };
  }
  return undefined;
}

/** First digits of an address or id, as messages show it. */
function short(hex: string): string {
  return hex.slice(0, 10);
}
