import type { Queryable } from "./queryable.ts";

export interface DashboardFigures {
  packages: number;
  /** Packages of which every shard is proved and live. */
  atFullStrength: number;
  /** Of live packages, as their owners count them. */
  bytes: number;
  providers: number;
  activeDeals: number;
}

/** Figures of one account, or of all. */
export async function dashboardFigures(db: Queryable, account?: string): Promise<DashboardFigures> {
  const { rows } = await db.query(
    `with live as (select id, bytes, state from catalog.packages
       where state not in ('REMOVED', 'ABANDONED', 'EXPIRED') and ($1::text is null or account = $1))
     select (select count(*) from live)::float8 as packages,
       (select count(*) from live l where state in ('STORED', 'DEGRADED') and not exists
         (select 1 from catalog.slots s where s.package = l.id and s.state <> 'ACTIVE'))::float8 as "atFullStrength",
       (select coalesce(sum(bytes), 0) from live)::float8 as bytes,
       (select count(*) from catalog.providers where active)::float8 as providers,
       (select count(*) from catalog.deals where state = 'ACTIVE')::float8 as "activeDeals"`,
    [account ?? null],
  );
  return rows[0] as DashboardFigures;
}
