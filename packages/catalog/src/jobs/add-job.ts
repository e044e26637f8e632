import { CairnError } from "@cairn/protocol";
import { toJson } from "../json.ts";
import type { Queryable } from "../queryable.ts";
import { JOB_CHANNEL, JOB_COLUMNS, type Job } from "./job.ts";

/** Jobs of one account that are not over. */
const MOST_OPEN = 1000;

/**
 * Begin a job, or answer the one that was begun under the same id before: asking again is harmless.
 * @throws CairnError `job-exists` when the id is another account's or of another kind, `too-many-jobs`
 */
export async function addJob(
  db: Queryable,
  { id, account, kind, request }: Pick<Job, "id" | "account" | "kind" | "request">,
): Promise<Job> {
  const { rows } = await db.query({
    name: "catalog-add-job",
    text: `with begun as (
        insert into catalog.jobs (id, account, kind, request) select $1, $2, $3, $4
        where (select count(*) from (select from catalog.jobs where account = $2 and state in ('queued', 'running') limit $5) as open) < $5
        on conflict (id) do nothing returning *),
      woken as (select pg_notify('${JOB_CHANNEL}', kind) from begun)
      select ${JOB_COLUMNS}, (select count(*) from woken) as woken from (table begun union all select * from catalog.jobs where id = $1) as found limit 1`,
    values: [id, account, kind, toJson(request), MOST_OPEN],
  });
  const [found] = rows as (Job & { woken?: unknown })[];
  if (found === undefined)
    throw new CairnError(`the account has ${MOST_OPEN} jobs that are not over`, {
      code: "too-many-jobs",
      kind: "unavailable",
      next: "Wait until some have ended, or cancel some.",
    });
  if (found.account !== account || found.kind !== kind)
    throw new CairnError(`the id ${id} is another job's`, {
      code: "job-exists",
      kind: "conflict",
      next: "Draw another random id.",
    });
  const { woken: _, ...job } = found;
  return job;
}
