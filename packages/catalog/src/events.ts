import type { Address, DealId, PackageId } from "@cairn/protocol";
import type { Pool } from "pg";
import { toJson } from "./json.ts";
import type { Queryable } from "./queryable.ts";

export const EVENT_CHANNEL = "cairn_events";

export type Severity = "info" | "warning" | "error";

/** Something that a person may want to know, in plain words. */
export interface NewEvent {
  account?: string | undefined;
  package?: PackageId | undefined;
  provider?: Address | undefined;
  deal?: DealId | undefined;
  /** Stable, kebab-case: `deal-active`, `wrong-bytes`, `repaired`. */
  kind: string;
  severity: Severity;
  message: string;
  /** What to do, when something is to be done. */
  next?: string | undefined;
  data?: Record<string, unknown>;
}

export interface CatalogEvent {
  id: number;
  /** UNIX seconds. */
  at: number;
  account: string | null;
  package: string | null;
  provider: string | null;
  deal: string | null;
  kind: string;
  severity: Severity;
  message: string;
  next: string | null;
  data: Record<string, unknown>;
}

/**
 * Write events and wake those who follow them; call it in the transaction of the change that it tells of. The account is that of the
 * package when it is not given.
 */
export async function recordEvents(db: Queryable, events: readonly NewEvent[]): Promise<void> {
  for (const event of events) {
    await db.query({
      name: "catalog-record-event",
      text: `with written as (
        insert into catalog.events (account, package, provider, deal, kind, severity, message, next, data)
        values (coalesce($1, (select account from catalog.packages where id = $2)), $2, $3, $4, $5, $6, $7, $8, $9) returning id)
        select pg_notify('${EVENT_CHANNEL}', id::text) from written`,
      values: [
        event.account ?? null,
        event.package ?? null,
        event.provider ?? null,
        event.deal ?? null,
        event.kind,
        event.severity,
        event.message,
        event.next ?? null,
        toJson(event.data ?? {}),
      ],
    });
  }
}

export interface EventFilter {
  /** Events of this account and those of nobody in particular (providers, network). */
  account?: string;
  package?: PackageId;
  /** Only events with a greater id, oldest first; without it the newest ones, newest first. */
  after?: number;
  limit?: number;
}

/** At most `limit` (1,000) events. */
export async function listEvents(db: Queryable, filter: EventFilter = {}): Promise<CatalogEvent[]> {
  const { rows } = await db.query(
    `select id::float8 as id, extract(epoch from at)::float8 as at, account, package, provider, deal, kind, severity, message, next, data
     from catalog.events
     where ($1::text is null or account is null or account = $1) and ($2::text is null or package = $2) and id > $3
     order by id ${filter.after === undefined ? "desc" : "asc"} limit $4`,
    [filter.account ?? null, filter.package ?? null, filter.after ?? 0, Math.min(filter.limit ?? 100, 1000)],
  );
  return rows as CatalogEvent[];
}

/**
 * Events as they come, from the one after `filter.after` (default: from now on), until `signal` aborts. One database connection is
 * held per process by the caller's single follower; fan out from it.
 */
export async function* followEvents(
  pool: Pool,
  filter: EventFilter,
  signal: AbortSignal,
): AsyncGenerator<CatalogEvent> {
  const client = await pool.connect();
  let wake: () => void = () => undefined;
  let woken = false;
  let lost: Error | undefined;
  const rouse = () => {
    woken = true;
    wake();
  };
  const onLost = (error: Error) => {
    lost = error;
    rouse();
  };
  client.on("notification", rouse);
  client.on("error", onLost);
  signal.addEventListener("abort", rouse);
  try {
    await client.query(`listen ${EVENT_CHANNEL}`);
    let after = filter.after ?? (await lastEventId(pool));
    while (!signal.aborted) {
      if (lost) throw lost;
      woken = false;
      const events = await listEvents(pool, { ...filter, after, limit: 500 });
      for (const event of events) {
        after = event.id;
        yield event;
      }
      if (events.length > 0 || woken) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (woken) resolve();
      });
    }
  } finally {
    signal.removeEventListener("abort", rouse);
    client.off("notification", rouse);
    if (!lost) await client.query(`unlisten ${EVENT_CHANNEL}`).catch(onLost);
    client.off("error", onLost);
    client.release(lost);
  }
}

async function lastEventId(db: Queryable): Promise<number> {
  const { rows } = await db.query("select coalesce(max(id), 0)::float8 as id from catalog.events");
  return (rows[0] as { id: number }).id;
}
