import type { Queryable } from "../queryable.ts";
import { JOB_CHANNEL, type Job } from "./job.ts";
import { findJob } from "./page-jobs.ts";

/** Have a job that failed, was cancelled, or waits after a failure begin anew, now; one that is under way or done stays as it is. @throws CairnError `unknown-job` */
export async function retryJob(db: Queryable, of: { id: string; account: string }): Promise<Job> {
  await db.query(
    `with again as (update catalog.jobs set state = 'queued', error = null, attempts = 0, progress = '{}', due_at = now(), changed_at = now()
       where id = $1 and account = $2 and (state in ('failed', 'cancelled') or state = 'queued' and error is not null) returning kind)
     select pg_notify('${JOB_CHANNEL}', kind) from again`,
    [of.id, of.account],
  );
  return findJob(db, of);
}
