import { type Address, type Money, type PackageId, plainText, type Seconds } from "@cairn/protocol";
import type { Queryable } from "./queryable.ts";

/** A provider that was looked at for shards of a package: it signed a quote, refused one, or was passed over by a rule. */
export interface Ask {
  /** Null, as the shard, where it was passed over. */
  piece: number | null;
  shard: number | null;
  provider: Address;
  /** Wei per GiB-day: its registered least price. */
  price: Money;
  region: string;
  verdict: "quoted" | "refused" | "passed-over";
  /** Why not; null of a quote. */
  reason: string | null;
}

export interface AskRow extends Ask {
  id: number;
  at: Seconds;
}

const MAX_REASON = 500;
const NO_SHARD = -1;
/** Rows kept of all packages, the newest; and deleted in one go. */
const MOST_ROWS = 1_000_000;
const BATCH = 100_000;

/** Note what came of asking; who is asked again for a shard, or passed over again, has its one row renewed. */
export async function recordAsks(db: Queryable, id: PackageId, asks: readonly Ask[]): Promise<void> {
  if (asks.length === 0) return;
  const rows = asks.map((ask) => ({
    ...ask,
    piece: ask.piece ?? NO_SHARD,
    shard: ask.shard ?? NO_SHARD,
    price: ask.price.toString(),
    reason: ask.reason === null ? null : plainText(ask.reason, MAX_REASON),
  }));
  await db.query(
    `insert into catalog.asks (package, piece, shard, provider, price, region, verdict, reason)
     select $1, piece, shard, provider, price, region, verdict, reason
     from jsonb_to_recordset($2::jsonb) as asked (piece integer, shard integer, provider text, price numeric, region text, verdict text, reason text)
     on conflict (package, piece, shard, provider) do update set at = now(), price = excluded.price, region = excluded.region,
       verdict = excluded.verdict, reason = excluded.reason`,
    [id, JSON.stringify(rows)],
  );
}

/** A page of a package's asks, oldest first. */
export async function listAsks(
  db: Queryable,
  id: PackageId,
  { after = 0, limit = 1000 }: { after?: number; limit?: number } = {},
): Promise<{ asks: AskRow[]; next: number | null }> {
  const { rows } = await db.query(
    `select id::float8 as id, extract(epoch from at)::float8 as at, nullif(piece, -1) as piece, nullif(shard, -1) as shard, provider, price::text as price, region, verdict, reason
     from catalog.asks where package = $1 and id > $2 order by id limit $3`,
    [id, after, limit + 1],
  );
  const asks = rows.slice(0, limit).map((row) => ({
    ...(row as unknown as AskRow),
    at: Math.floor(row.at as number),
    price: BigInt(row.price as string),
  }));
  return { asks, next: rows.length > limit ? asks.at(-1)!.id : null };
}

/**
 * Forget asks that are older than `seconds`, and those beyond the newest `most`; at most 100,000 at once. Rows are counted: a row that is renewed
 * uses up a number, so that numbers say nothing of how many there are.
 */
export async function forgetAsks(db: Queryable, seconds: number, most = MOST_ROWS): Promise<void> {
  await db.query(
    `delete from catalog.asks where id in (
       select id from catalog.asks where at < now() - $1::float8 * interval '1 second'
       union select id from (select id from catalog.asks order by at desc, id desc offset $2) as beyond limit $3)`,
    [seconds, most, BATCH],
  );
}
