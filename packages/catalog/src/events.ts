import { type Address, type DealId, type PackageId, plainText } from "@cairn/protocol";
import type { Pool } from "pg";
import { toJson } from "./json.ts";
import type { Queryable } from "./queryable.ts";

export const EVENT_CHANNEL = "cairn_events";

/** First key of the advisory locks of transactions that write events: "evnt" in ASCII. */
const WRITERS = 0x6576_6e74;

/**
 * Ids are given before their transactions end. A transaction that writes events shows by a lock, until it ends, after which id its own begin; once
 * for each transaction, as the server has room for few locks.
 */
const SHOW_WRITER = `select case when coalesce(current_setting('cairn.writes_events', true), '') = '' then
  set_config('cairn.writes_events', pg_advisory_xact_lock_shared(${WRITERS}, (last_value % 2147483647)::integer)::text || 'yes', true)
  end as shown from catalog.events_id_seq`;

export const SEVERITIES = ["info", "warning", "error"] as const;
export type Severity = (typeof SEVERITIES)[number];

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
      text: `with writer as materialized (${SHOW_WRITER}), written as (
        insert into catalog.events (account, package, provider, deal, kind, severity, message, next, data)
        select coalesce($1::text, (select account from catalog.packages where id = $2)), $2::text, $3::text, $4::text, $5::text, $6::text,
          $7::text, $8::text, $9::jsonb from writer where coalesce(shown, '') is not null returning id)
        select pg_notify('${EVENT_CHANNEL}', id::text) from written`,
      values: [
        event.account ?? null,
        event.package ?? null,
        event.provider ?? null,
        event.deal ?? null,
        event.kind,
        event.severity,
        plainText(event.message),
        event.next === undefined ? null : plainText(event.next),
        toJson(event.data ?? {}),
      ],
    });
  }
}

export interface EventFilter {
  /** Events of this account and those of nobody in particular (providers, network). */
  account?: string;
  package?: PackageId;
  kind?: string;
  severities?: readonly Severity[];
  /** Only events with a smaller id, newest first: the page after one that ended there. Not together with `after`. */
  before?: number;
  /** Only events with a greater id, oldest first; without it the newest ones, newest first. */
  after?: number;
  limit?: number;
}

/** At most `limit` (1,000) events; after an id, only as far as no other can appear before them any more. */
export async function listEvents(db: Queryable, filter: EventFilter = {}): Promise<CatalogEvent[]> {
  const upTo = filter.after === undefined ? undefined : (await settled(db)).upTo;
  return eventsUpTo(db, filter, upTo);
}

async function eventsUpTo(db: Queryable, filter: EventFilter, upTo: number | undefined): Promise<CatalogEvent[]> {
  const order = filter.after === undefined ? "desc" : "asc";
  const limit = Math.min(filter.limit ?? 100, 1000);
  // An account's events and those of nobody each by their index: other accounts may have had a million since.
  const some = (
    of: string,
  ) => `(select * from catalog.events where ${of} and ($2::text is null or package = $2) and id > $3
       and ($5::bigint is null or id <= $5) and ($6::bigint is null or id < $6)
       and ($7::text is null or kind = $7) and ($8::text[] is null or severity = any($8))
     order by id ${order} limit $4)`;
  const found =
    filter.account === undefined
      ? some("$1::text is null")
      : `${some("account = $1")} union all ${some("account is null")}`;
  const { rows } = await db.query(
    `select id::float8 as id, extract(epoch from at)::float8 as at, account, package, provider, deal, kind, severity, message, next, data
     from (${found}) as found order by id ${order} limit $4`,
    [
      filter.account ?? null,
      filter.package ?? null,
      filter.after ?? 0,
      limit,
      upTo ?? null,
      filter.before ?? null,
      filter.kind ?? null,
      filter.severities ?? null,
    ],
  );
  return rows as CatalogEvent[];
}

/**
 * The id up to which every event can be read by a query that begins now: that of no transaction under way is smaller. `all`: it is the last id
 * that was given. The locks are looked at after the last id, and both before the events.
 */
async function settled(db: Queryable): Promise<{ upTo: number; all: boolean }> {
  const { rows } = await db.query(
    `with given as materialized (select case when is_called then last_value else 0 end as last from catalog.events_id_seq)
     select last::float8 as last, (select min(objid::bigint) from pg_locks
       where last is not null and locktype = 'advisory' and classid = $1::bigint::oid and objsubid = 2 and pid <> pg_backend_pid()
         and database = (select oid from pg_database where datname = current_database()))::float8 as floor from given`,
    [WRITERS],
  );
  const { last, floor } = rows[0] as { last: number; floor: number | null };
  return floor !== null && floor < last ? { upTo: floor, all: false } : { upTo: last, all: true };
}

/** How often events that wait for another transaction are looked at. */
const UNSETTLED_MILLISECONDS = 100;

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
    let after = filter.after ?? (await settled(pool)).upTo;
    while (!signal.aborted) {
      if (lost) throw lost;
      woken = false;
      const { upTo, all } = await settled(pool);
      const events = await eventsUpTo(pool, { ...filter, after, limit: 500 }, upTo);
      for (const event of events) {
        after = event.id;
        yield event;
      }
      if (events.length > 0 || woken) continue;
      const again = all ? undefined : setTimeout(rouse, UNSETTLED_MILLISECONDS);
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (woken) resolve();
      });
      clearTimeout(again);
    }
  } finally {
    signal.removeEventListener("abort", rouse);
    client.off("notification", rouse);
    if (!lost) await client.query(`unlisten ${EVENT_CHANNEL}`).catch(onLost);
    client.off("error", onLost);
    client.release(lost);
  }
}
