import { inTransaction } from "@cairn/database";
import { CairnError, plainJson } from "@cairn/protocol";
import type { Pool } from "pg";
import { JOB_CHANNEL, JOB_COLUMNS, type Job } from "./job.ts";

/** Jobs of one account that are not over, and all that are kept of it. */
const MOST_OPEN = 1000;
const MOST_KEPT = 10_000;

/**
 * Begin a job, or answer the one that was begun under the same id before: asking again is harmless.
 * @throws CairnError `job-exists` when the id is another account's or of another kind, `too-many-jobs`
 */
export async function addJob(
  pool: Pool,
  { id, account, kind, request }: Pick<Job, "id" | "account" | "kind" | "request">,
): Promise<Job> {
  const text = JSON.stringify(plainJson(request));
  return inTransaction(pool, async (client) => {
    // One account's jobs are begun one after the other, so that no two of them pass the limit together.
    await client.query("select from catalog.accounts where id = $1 for update", [account]);
    const known = await client.query(`select ${JOB_COLUMNS} from catalog.jobs where id = $1`, [id]);
    if (known.rows[0] !== undefined) return own(known.rows[0] as Job, { id, account, kind });
    const { rows: held } = await client.query<{ open: number; ended: number }>(
      `select (select count(*) from (select from catalog.jobs where account = $1 and state in ('queued', 'running') limit ${MOST_OPEN}) o)::int as open,
         (select count(*) from (select from catalog.jobs where account = $1 limit ${MOST_KEPT}) k)::int as ended`,
      [account],
    );
    if (held[0]!.open >= MOST_OPEN || held[0]!.ended >= MOST_KEPT) throw tooMany(held[0]!.open);
    const { rows } = await client.query(
      `insert into catalog.jobs (id, account, kind, request) values ($1, $2, $3, $4::jsonb) on conflict do nothing returning ${JOB_COLUMNS}`,
      [id, account, kind, text],
    );
    // Of two accounts that begin one id at the same instant, the second one finds it here.
    if (rows[0] === undefined) throw taken(id);
    await client.query(`select pg_notify('${JOB_CHANNEL}', $1)`, [kind]);
    return rows[0] as Job;
  });
}

function own(found: Job, { id, account, kind }: Pick<Job, "id" | "account" | "kind">): Job {
  if (found.account === account && found.kind === kind) return found;
  throw taken(id);
}

const tooMany = (open: number) =>
  new CairnError(`the account has ${open} jobs that are not over, and many that ended`, {
    code: "too-many-jobs",
    kind: "unavailable",
    next: "Wait until some have ended and are forgotten, or cancel some.",
  });

const taken = (id: string) =>
  new CairnError(`the id ${id} is another job's`, {
    code: "job-exists",
    kind: "conflict",
    next: "Draw another random id.",
  });
