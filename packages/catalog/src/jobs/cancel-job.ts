import type { Queryable } from "../queryable.ts";
import { JOB_CHANNEL, type Job } from "./job.ts";
import { findJob } from "./page-jobs.ts";

/** Cancel a job that is not over; whoever works at it stops at its next step. @throws CairnError `unknown-job` */
export async function cancelJob(db: Queryable, of: { id: string; account: string }): Promise<Job> {
  await db.query(
    `with cancelled as (update catalog.jobs set state = 'cancelled', changed_at = now(), holder = null
       where id = $1 and account = $2 and state in ('queued', 'running') returning kind)
     select pg_notify('${JOB_CHANNEL}', kind) from cancelled`,
    [of.id, of.account],
  );
  return findJob(db, of);
}
