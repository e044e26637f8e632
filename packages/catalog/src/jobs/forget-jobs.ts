import type { Queryable } from "../queryable.ts";

/** Forget jobs that ended longer ago than `seconds`, at most 10,000 at once. */
export async function forgetJobs(db: Queryable, seconds: number): Promise<void> {
  await db.query(
    `delete from catalog.jobs where ctid = any(array(select ctid from catalog.jobs
       where state in ('done', 'failed', 'cancelled') and changed_at < now() - $1::float8 * interval '1 second' limit 10000))`,
    [seconds],
  );
}
