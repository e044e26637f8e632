import type { Address, DealState, Money, Seconds } from "@cairn/protocol";
import type { Queryable } from "../queryable.ts";

const DAY = 86_400;

/** What an account's storage comes to, as far as the finalised chain and this gateway's packages say. */
export interface Figures {
  /** Of packages that are stored: what their owner said of them when they were packed. */
  files: number;
  packages: number;
  /** Bytes of the packages' CAR files, equal ones once. */
  uniqueBytes: bigint;
  /** Bytes that providers of ACTIVE deals keep. */
  copiesBytes: bigint;
  deposit: Money;
  /** Escrow of deals that is neither paid nor given back. */
  locked: Money;
  paid: Money;
  /** Different providers of ACTIVE deals. */
  providers: number;
  deals: Record<DealState, number>;
  /** ACTIVE deals that end after now and within so many days, the last second included. */
  expiring: { days7: number; days30: number; days365: number; range: number | undefined };
}

export interface FiguresRequest {
  account: string;
  wallets: readonly Address[];
  /** The chain's time. */
  now: Seconds;
  /** UNIX seconds, half-open: deals that end in it. */
  range?: { from: Seconds; before: Seconds };
}

const STORED = "state in ('STORED', 'DEGRADED')";

/**
 * Count by what triggers keep of deals, and by indexes that have nothing but what is stored and active: how much is over does not matter. All as of one
 * moment, by one query.
 */
export async function countFigures(db: Queryable, { account, wallets, now, range }: FiguresRequest): Promise<Figures> {
  const owners = wallets.map((wallet) => wallet.toLowerCase());
  const { rows } = await db.query({
    name: "catalog-figures",
    text: `select stored.*,
       (select coalesce(sum(length), 0)::text from (
          select distinct on (coalesce(c.comm_p, p.id || c.number)) c.length from catalog.packages p join catalog.pieces c on c.package = p.id
          where p.account = $1 and p.${STORED} order by coalesce(c.comm_p, p.id || c.number)) as cars) as unique_bytes,
       (select coalesce(sum(balance), 0)::text from unnest($2::text[]) as w (wallet) cross join lateral (
          select balance from catalog.entries e where e.wallet = w.wallet order by block desc, log_index desc limit 1) as newest) as deposit,
       (select coalesce(jsonb_agg(f), '[]') from (
          select state, sum(deals)::float8 as deals, sum(bytes)::text as bytes, sum(paid)::text as paid, sum(locked)::text as locked
          from catalog.owner_figures where owner = any($2) group by state) as f) as by_state,
       (select count(distinct provider)::float8 from catalog.owner_figures where owner = any($2) and state = 'ACTIVE' and deals > 0) as providers,
       ending.*
     from (select count(*)::float8 as packages, coalesce(sum(files), 0)::float8 as files
         from catalog.packages where account = $1 and ${STORED}) as stored,
       (select count(*) filter (where ends_at <= $3::bigint + ${7 * DAY})::float8 as days7,
          count(*) filter (where ends_at <= $3::bigint + ${30 * DAY})::float8 as days30, count(*)::float8 as days365
         from catalog.deals where owner = any($2) and state = 'ACTIVE' and ends_at > $3::bigint and ends_at <= $3::bigint + ${365 * DAY}) as ending`,
    values: [account, owners, now],
  });
  const row = rows[0] as Record<string, unknown>;
  const states = row.by_state as { state: DealState; deals: number; bytes: string; paid: string; locked: string }[];
  const sum = (column: "paid" | "locked") => states.reduce((all, state) => all + BigInt(state[column]), 0n);
  const dealsIn = (state: DealState) => states.find((one) => one.state === state)?.deals ?? 0;
  return {
    files: row.files as number,
    packages: row.packages as number,
    uniqueBytes: BigInt(row.unique_bytes as string),
    copiesBytes: BigInt(states.find(({ state }) => state === "ACTIVE")?.bytes ?? 0),
    deposit: BigInt(row.deposit as string),
    locked: sum("locked"),
    paid: sum("paid"),
    providers: row.providers as number,
    deals: {
      PROPOSED: dealsIn("PROPOSED"),
      ACTIVE: dealsIn("ACTIVE"),
      COMPLETED: dealsIn("COMPLETED"),
      FAILED: dealsIn("FAILED"),
      CANCELLED: dealsIn("CANCELLED"),
      EXPIRED: dealsIn("EXPIRED"),
    } as Record<DealState, number>,
    expiring: {
      days7: row.days7 as number,
      days30: row.days30 as number,
      days365: row.days365 as number,
      range: range === undefined ? undefined : await countEnding(db, owners, range),
    },
  };
}

async function countEnding(db: Queryable, owners: readonly string[], range: { from: Seconds; before: Seconds }) {
  const { rows } = await db.query(
    `select count(*)::float8 as deals from catalog.deals
     where owner = any($1) and state = 'ACTIVE' and ends_at >= $2::bigint and ends_at < $3::bigint`,
    [owners, range.from, range.before],
  );
  return (rows[0] as { deals: number }).deals;
}
