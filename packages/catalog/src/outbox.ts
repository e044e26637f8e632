import { inTransaction } from "@cairn/database";
import type { Address, DealId, DealState, Hex, PackageId } from "@cairn/protocol";
import type { Pool, PoolClient } from "pg";
import { toJson } from "./json.ts";
import type { Queryable } from "./queryable.ts";

export const OUTBOX_CHANNEL = "cairn_outbox";

/** Messages between modules that do not import each other; each topic has one consumer. */
export interface OutboxTopics {
  /** projection → market: a deal reached a state on the finalised chain. */
  "deal-state": { deal: DealId; documentHash: Hex; state: DealState };
  /** audit → market: the copy of an ACTIVE deal is damaged and is to be rewritten on the same provider. */
  heal: { deal: DealId; reason: string };
  /** audit → market: the holder of an ACTIVE deal signed a wrong proof or hands out wrong bytes. */
  lied: { deal: DealId };
  /** audit → market: keep a rebuilt copy of an ACTIVE deal's shard at hand, or, without `why`, no longer. */
  spare: { deal: DealId; why: "silent" | "refuses" | null; reason: string };
  /** market → audit: a provider was caught with wrong bytes. */
  "fault-evidence": {
    deal: DealId;
    provider: Address;
    package: PackageId;
    piece: number;
    shard: number;
    detail: string;
  };
}

export type OutboxTopic = keyof OutboxTopics;

export interface OutboxMessage<T extends OutboxTopic = OutboxTopic> {
  id: number;
  topic: T;
  payload: OutboxTopics[T];
  attempts: number;
}

/** Queue a message in the transaction of the change that causes it. */
export async function enqueue<T extends OutboxTopic>(db: Queryable, topic: T, payload: OutboxTopics[T]): Promise<void> {
  await db.query({
    name: "catalog-enqueue",
    text: `with written as (insert into catalog.outbox (topic, payload) values ($1, $2) returning id)
           select pg_notify('${OUTBOX_CHANNEL}', $1) from written`,
    values: [topic, toJson(payload)],
  });
}

/**
 * Hand the next due message of `topics` to `handle` inside one transaction that also deletes it; several processes may call it at
 * once. When `handle` throws, the message stays and is due again after a growing pause (2 s … 5 min).
 * @returns false when nothing was due.
 */
export async function takeOutbox<T extends OutboxTopic>(
  pool: Pool,
  topics: readonly T[],
  handle: (message: OutboxMessage<T>, client: PoolClient) => Promise<void>,
): Promise<boolean> {
  let taken: OutboxMessage<T> | undefined;
  try {
    return await inTransaction(pool, async (client) => {
      const { rows } = await client.query({
        name: "catalog-take-outbox",
        text: `select id::float8 as id, topic, payload, attempts from catalog.outbox
               where topic = any($1) and not_before <= now() order by id for update skip locked limit 1`,
        values: [topics],
      });
      taken = rows[0] as OutboxMessage<T> | undefined;
      if (!taken) return false;
      await handle(taken, client);
      await client.query("delete from catalog.outbox where id = $1", [taken.id]);
      return true;
    });
  } catch (error) {
    if (taken) {
      await pool.query(
        `update catalog.outbox set attempts = attempts + 1,
           not_before = now() + make_interval(secs => least(300, 2 ^ least(attempts + 1, 9))) where id = $1`,
        [taken.id],
      );
    }
    throw error;
  }
}
