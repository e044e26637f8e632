import type { Queryable } from "@cairn/catalog";

/** What an account may use; null: as much as there is. */
export interface Limits {
  /** Bytes at the gateway: of uploads that are not stored yet, and of packages that are kept hot. */
  spoolBytes: number | null;
  /** Packages that are there: not removed, undone or over. */
  packages: number | null;
  /** Bytes that are read through the gateway in a day (UTC). */
  egressPerDay: number | null;
  /** Packages agreed in an hour: the gateway pays at most 1.7 Mgas for each small one, 1.2 of them for the proposal (docs/contracts.md, Gas). */
  commitsPerHour: number | null;
}

const GIB = 2 ** 30;

/**
 * Of accounts that an operator has set nothing for. Choices: one person's uploads and a day's restore of most of it, on a gateway that shares a disk of
 * some hundred GiB among twenty.
 */
export const DEFAULT_LIMITS: Limits = {
  spoolBytes: 10 * GIB,
  packages: 1000,
  egressPerDay: 50 * GIB,
  commitsPerHour: 60,
};
/** The account of whoever runs the home. */
export const NO_LIMITS: Limits = { spoolBytes: null, packages: null, egressPerDay: null, commitsPerHour: null };

const COLUMNS = `spool_bytes::float8 as "spoolBytes", packages::float8 as packages, egress_per_day::float8 as "egressPerDay",
  commits_per_hour::float8 as "commitsPerHour"`;

export async function limitsOf(db: Queryable, account: string): Promise<Limits> {
  const { rows } = await db.query({
    name: "accounts-limits",
    text: `select ${COLUMNS} from accounts.limits where account = $1`,
    values: [account],
  });
  return (rows[0] as Limits | undefined) ?? DEFAULT_LIMITS;
}

export async function setLimits(db: Queryable, account: string, limits: Limits): Promise<void> {
  await db.query(
    `insert into accounts.limits (account, spool_bytes, packages, egress_per_day, commits_per_hour) values ($1, $2, $3, $4, $5)
     on conflict (account) do update set spool_bytes = $2, packages = $3, egress_per_day = $4, commits_per_hour = $5`,
    [account, limits.spoolBytes, limits.packages, limits.egressPerDay, limits.commitsPerHour],
  );
}
