import type { FinalizedHead, Ledger, LedgerEvent, ProviderRecord } from "@cairn/core";
import { inTransaction } from "@cairn/database";
import type { Seconds } from "@cairn/protocol";
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
      const write = (guard: Guard) =>
        inTransaction(pool, async (client) => {
          await client.query("insert into catalog.cursors (name, next_block) values ($1, $2) on conflict do nothing", [
            CURSOR,
            from,
          ]);
          const { rows } = await client.query(
            "select next_block::float8 as next from catalog.cursors where name = $1 for update",
            [CURSOR],
          );
          if ((rows[0] as { next: number }).next !== from) return false;
          const told: NewEvent[] = [];
          for (const record of providers.values()) {
            const refused = await guard(client, () =>
              upsertProvider(client, record, head.number, registeredAt(events, record.provider)),
            );
            if (refused !== undefined) told.push(setAside(`the terms of provider ${short(record.provider)}`, refused));
          }
          for (const event of events) {
            const provider = describeProviderEvent(event, providers);
            if (provider) told.push(provider);
            const refused = await guard(client, async () => {
              for (const line of await applyDealEvent(client, event, ledger.deployment)) told.push(line);
            });
            if (refused !== undefined) told.push(setAside(`${event.name} of block ${event.block}`, refused));
          }
          await recordEvents(client, told);
          await client.query(
            "update catalog.cursors set next_block = $2, head_number = $3, head_hash = $4, head_time = $5 where name = $1",
            [CURSOR, next, head.number, head.hash, head.timestamp],
          );
          return true;
        });
      try {
        return await write(unguarded);
      } catch (error) {
        if (!isIndigestible(error)) throw error;
        return write(guarded);
      }
    },
  };
}

/** Runs one event's writes; returns why they were refused, if they were and the rest may go on. */
type Guard = (client: PoolClient, work: () => Promise<void>) => Promise<Error | undefined>;

const unguarded: Guard = async (_client, work) => {
  await work();
  return undefined;
};

/**
 * Anybody can write to the chain what no table takes, such as a number that no client would choose. It must not stop what comes after it, so a batch
 * that holds such an event is written again with a savepoint for each, and the event is set aside.
 */
const guarded: Guard = async (client, work) => {
  await client.query("savepoint event");
  try {
    await work();
    await client.query("release savepoint event");
    return undefined;
  } catch (error) {
    if (!isIndigestible(error)) throw error;
    await client.query("rollback to savepoint event");
    return error as Error;
  }
};

/** SQLSTATE classes 22 (data exception) and 23 (constraint violation): the data's fault, which trying again does not mend. */
function isIndigestible(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" && /^2[23]/.test(code);
}

function setAside(what: string, why: Error): NewEvent {
  return {
    kind: "chain-event-set-aside",
    severity: "warning",
    message: `${what[0]?.toUpperCase()}${what.slice(1)} was left out: it holds what no client writes (${why.message}).`,
  };
}

async function readProviders(ledger: Pick<Ledger, "provider">, events: readonly LedgerEvent[]) {
  const records = new Map<string, ProviderRecord>();
  for (const event of events) {
    if (event.name !== "ProviderRegistered" && event.name !== "ProviderRetired") continue;
    if (records.has(event.provider)) continue;
    const record = await ledger.provider(event.provider);
    if (record)
      records.set(event.provider, { ...record, region: shown(record.region), endpoint: shown(record.endpoint) });
  }
  return records;
}

/** Text that a stranger wrote on chain, without the characters that no database or terminal should meet. */
function shown(text: string): string {
  return text.replace(/\p{Cc}/gu, "\u{fffd}");
}

/** When the provider registered for the first time in these events. */
const registeredAt = (events: readonly LedgerEvent[], provider: string): Seconds | null =>
  events.find((event) => event.name === "ProviderRegistered" && event.provider === provider)?.time ?? null;

async function upsertProvider(
  client: PoolClient,
  p: ProviderRecord,
  block: number,
  since: Seconds | null,
): Promise<void> {
  await client.query(
    `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint, active, updated_block, since)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     on conflict (provider) do update set hot = excluded.hot, payout = excluded.payout, capacity = excluded.capacity,
       price_floor = excluded.price_floor, egress_price = excluded.egress_price, duty = excluded.duty, region = excluded.region,
       endpoint = excluded.endpoint, active = excluded.active, updated_block = excluded.updated_block`,
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
      p.active,
      block,
      since,
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
