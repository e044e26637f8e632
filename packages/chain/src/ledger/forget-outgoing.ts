import type pg from "pg";

/** Rows deleted in one go. */
const BATCH = 10_000;
/** Submissions that stand for something done once for all, so that their ids stay used up: they are few. */
const ONCE = ["faucet:", "register-set:", "deploy:", "fund:"];

/**
 * Forget transactions that were mined and signed longer ago than `seconds`, at most 10,000 at a time: nobody submits their ids again, as what they
 * name (a period, a claim, a deal's step) is over, and the contracts refuse it. @returns how many
 */
export async function forgetOutgoing(pool: pg.Pool, seconds: number): Promise<number> {
  const { rowCount } = await pool.query(
    `DELETE FROM outgoing_transactions WHERE ctid = ANY(ARRAY(SELECT ctid FROM outgoing_transactions
WHERE mined_hash IS NOT NULL AND signed_at < now() - make_interval(secs => $1)
AND NOT submission LIKE ANY ($2::text[]) LIMIT $3))`,
    [seconds, ONCE.map((prefix) => `${prefix}%`), BATCH],
  );
  return rowCount ?? 0;
}
