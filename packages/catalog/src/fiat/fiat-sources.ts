import type { Seconds } from "@cairn/protocol";
import type { Queryable } from "../queryable.ts";

/** Where the price of a coin comes from; without a URL it is imported from files. */
export interface FiatSource {
  name: string;
  url: string | null;
  path: string | null;
  currencies: string[];
  failures: number;
  failure: string | null;
  fetchedAt: Seconds | null;
}

export interface ListedSource extends FiatSource {
  newestDay: number | null;
  rates: number;
}

const COLUMNS = `s.name, s.url, s.path, s.currencies, s.failures, s.failure, s.fetched_at::float8 as "fetchedAt"`;

/** How many there may be; a choice. */
export const MOST_SOURCES = 16;

export async function listFiatSources(db: Queryable): Promise<ListedSource[]> {
  const { rows } = await db.query(
    `select ${COLUMNS}, r."newestDay", r.rates from catalog.fiat_sources s cross join lateral (
       select max(day) as "newestDay", count(*)::float8 as rates from catalog.fiat_rates r where r.source = s.name) as r order by s.name`,
  );
  return rows as ListedSource[];
}

/** Add a source or change it: it is asked anew at once. @returns false where there are {@link MOST_SOURCES} others */
export async function saveFiatSource(
  db: Queryable,
  { name, url, path, currencies, now }: Pick<FiatSource, "name" | "url" | "path" | "currencies"> & { now: Seconds },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into catalog.fiat_sources as s (name, url, path, currencies, created_at, due_at)
     select $1, $2, $3, $4, $5, case when $2::text is null then null else $5::bigint end
     where (select count(*) from catalog.fiat_sources where name <> $1) < ${MOST_SOURCES}
     on conflict (name) do update set url = excluded.url, path = excluded.path, currencies = excluded.currencies, due_at = excluded.due_at,
       failures = 0, failure = null`,
    [name, url, path, currencies, now],
  );
  return rowCount === 1;
}

/** With the rates that it gave. @returns whether there was one */
export async function removeFiatSource(db: Queryable, name: string): Promise<boolean> {
  const { rowCount } = await db.query("delete from catalog.fiat_sources where name = $1", [name]);
  await db.query("select pg_notify('cairn_figures', '*')");
  return rowCount === 1;
}

/**
 * A source whose turn it is, for `turnSeconds`: no other gateway of this database takes it meanwhile, and one that is killed leaves it to be taken after
 * that. Whoever takes it ends its turn by {@link endFiatTurn}.
 */
export async function takeFiatTurn(
  db: Queryable,
  { now, turnSeconds }: { now: Seconds; turnSeconds: number },
): Promise<FiatSource | undefined> {
  const { rows } = await db.query(
    `update catalog.fiat_sources s set due_at = $1::bigint + $2 where name = (
       select name from catalog.fiat_sources where url is not null and due_at <= $1::bigint order by due_at, name for update skip locked limit 1)
     returning ${COLUMNS}`,
    [now, turnSeconds],
  );
  return rows[0] as FiatSource | undefined;
}

/** What came of a turn, and when the next one is; nothing where the source was changed meanwhile. */
export async function endFiatTurn(
  db: Queryable,
  source: Pick<FiatSource, "name" | "url" | "path">,
  { now, dueAt, failure }: { now: Seconds; dueAt: Seconds; failure: string | null },
): Promise<void> {
  await db.query(
    `update catalog.fiat_sources set due_at = $4, failure = $5, failures = case when $5::text is null then 0 else failures + 1 end,
       fetched_at = case when $5::text is null then $6::bigint else fetched_at end
     where name = $1 and url is not distinct from $2 and path is not distinct from $3`,
    [source.name, source.url, source.path, dueAt, failure, now],
  );
}
