import { CairnError } from "@cairn/protocol";
import { cursorOf, PAGE_LIMIT, type Page, readCursor } from "../keyset.ts";
import type { Queryable } from "../queryable.ts";
import { JOB_COLUMNS, type Job, type JobState } from "./job.ts";

/** A page of an account's jobs, the newest first. @throws CairnError `bad-cursor` */
export async function pageJobs(
  db: Queryable,
  request: { account: string; kinds?: readonly string[]; states?: readonly JobState[]; after?: string; limit?: number },
): Promise<Page<Job>> {
  const { limit = PAGE_LIMIT } = request;
  const cursor = readCursor(request.after, "micros");
  const { rows } = await db.query(
    `select ${JOB_COLUMNS}, (extract(epoch from created_at) * 1000000)::bigint::text as sorted from catalog.jobs
     where account = $1 and ($2::text[] is null or kind = any($2)) and ($3::text[] is null or state = any($3))
       and ($4::float8 is null or (created_at, id) < (timestamptz 'epoch' + $4::float8 * interval '1 microsecond', $5::text))
     order by created_at desc, id desc limit $6`,
    [
      request.account,
      request.kinds ?? null,
      request.states ?? null,
      cursor?.sorted ?? null,
      cursor?.id ?? null,
      limit + 1,
    ],
  );
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    rows: rows.slice(0, limit).map(({ sorted: _, ...job }) => job as Job),
    next: last === undefined ? null : cursorOf(last.sorted as string, last.id as string),
  };
}

/** @throws CairnError `unknown-job` */
export async function findJob(db: Queryable, { id, account }: { id: string; account: string }): Promise<Job> {
  const { rows } = await db.query(`select ${JOB_COLUMNS} from catalog.jobs where id = $1 and account = $2`, [
    id,
    account,
  ]);
  if (rows[0] !== undefined) return rows[0] as Job;
  throw new CairnError(`there is no job ${id}`, {
    code: "unknown-job",
    kind: "missing",
    next: "Jobs that have ended are forgotten after a while: look for what it made.",
  });
}
