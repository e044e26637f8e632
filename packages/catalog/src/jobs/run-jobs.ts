import { randomBytes } from "node:crypto";
import { asCairnError, CairnError, DAY } from "@cairn/protocol";
import type { Pool } from "pg";
import { toJson } from "../json.ts";
import { JOB_CHANNEL, JOB_COLUMNS, type Job } from "./job.ts";

/** What one kind of job does in a turn. */
export type JobHandler = (job: Job, turn: JobTurn) => Promise<JobOutcome>;

/** The job is done with a result (JSON), or has another turn after so many seconds. */
export type JobOutcome = { done: unknown } | { again: number };

export interface JobTurn {
  /** Aborts when the job is cancelled, its turn was lost to another process, or this one stops: end then, as `runJobs` waits for it. */
  signal: AbortSignal;
  /** Keep what the work has come to: the next turn, also after a crash, begins with it. Throws when the turn is over. */
  save(progress: unknown): Promise<void>;
}

export interface JobsOptions {
  pool: Pool;
  kinds: Record<string, JobHandler>;
  signal: AbortSignal;
  log: { warn(fields: object, message: string): void };
  /** Turns at once in this process. */
  atOnce?: number;
  /** A process that does not say so often that it lives loses its turns. */
  leaseSeconds?: number;
}

const AT_ONCE = 8;
const LEASE_SECONDS = 30;
/** Turns of one account at once, in all processes. */
const OF_ONE_ACCOUNT = 4;
/** Places that only an account without a turn may take: two busy accounts keep no third one waiting. */
const FOR_NEWCOMERS = 2;
/** Without a notification jobs are looked for so often: those whose pause is over, and those whose process died. */
const LOOK_SECONDS = 1;
/** First and longest pause after a failure that may pass. */
const PAUSE = { first: 1, longest: 300 };
/** A failure that comes back so often is taken for one that stays. */
const MOST_ATTEMPTS = 100;

/**
 * Work at jobs of the given kinds until `signal` aborts; resolves when every turn has ended. Several processes may do so on one database: a job has one
 * turn at a time, and one that a killed process left is taken up when its lease is over. A handler may be called again for work that it had done when it
 * was cut off: it makes sure of that by what it saved.
 */
export async function runJobs(options: JobsOptions): Promise<void> {
  const { pool, kinds, signal, log, atOnce = AT_ONCE, leaseSeconds = LEASE_SECONDS } = options;
  /** By the turn's own name: a job that was lost and taken again has another turn. */
  const turns = new Map<string, { run: Promise<void>; end: AbortController }>();
  let wake: () => void = () => undefined;
  const stop = () => wake();
  signal.addEventListener("abort", stop);
  const listener = await listen(pool, () => wake(), log);
  try {
    while (!signal.aborted) {
      try {
        // At each wake, so that who is cancelled stops at once.
        if (turns.size > 0) {
          const kept = await renew(pool, [...turns.keys()], leaseSeconds);
          for (const [holder, { end }] of turns) if (!kept.has(holder)) end.abort(new Error("the turn is over"));
        }
        while (turns.size < atOnce && !signal.aborted) {
          const holder = randomBytes(8).toString("hex");
          const share = turns.size + FOR_NEWCOMERS < atOnce || atOnce <= FOR_NEWCOMERS ? OF_ONE_ACCOUNT : 1;
          const job = await take(pool, { holder, kinds: Object.keys(kinds), leaseSeconds, share });
          if (job === undefined) break;
          const end = new AbortController();
          const run = turn(options, holder, job, AbortSignal.any([signal, end.signal])).finally(() => {
            turns.delete(holder);
            wake();
          });
          turns.set(holder, { run, end });
        }
      } catch (error) {
        log.warn({ error: asCairnError(error).message }, "jobs are looked for again");
      }
      if (signal.aborted) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_SECONDS * 1000);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    signal.removeEventListener("abort", stop);
    const held = [...turns];
    await Promise.all(held.map(([, { run }]) => run));
    await listener.end();
    // Whoever goes on need not wait for the lease, and an orderly stop is no failed turn.
    await pool
      .query(
        `update catalog.jobs set state = 'queued', holder = null, attempts = greatest(0, attempts - 1)
         where holder = any($1) and state = 'running'`,
        [held.map(([holder]) => holder)],
      )
      .catch(() => undefined);
  }
}

/** Failures after which the same may be asked for again. `exhausted`: a limit that frees with time. */
const MAY_PASS: ReadonlySet<string> = new Set(["unavailable", "internal", "exhausted"]);

/** Seconds until a limit frees, where the failure says when; a day at most. */
function untilFree({ details }: CairnError): number {
  const { freesAt } = details as { freesAt?: unknown };
  return typeof freesAt === "number" ? Math.min(DAY, Math.max(0, freesAt - Date.now() / 1000)) : 0;
}

const worn = ({ attempts }: Job): CairnError =>
  new CairnError(`it was begun ${attempts - 1} times and never ended`, {
    code: "job-worn",
    kind: "conflict",
    next: "Begin it anew; if it ends so again, look at the gateway's log for what ends its process.",
  });

async function turn({ pool, kinds, log }: JobsOptions, holder: string, job: Job, signal: AbortSignal): Promise<void> {
  const save = async (progress: unknown) => {
    const { rowCount } = await pool.query(
      "update catalog.jobs set progress = $3, changed_at = now() where id = $1 and holder = $2 and state = 'running'",
      [job.id, holder, toJson(progress)],
    );
    if (rowCount !== 1) throw new Error("the turn is over");
  };
  try {
    // Its turns have not ended by themselves: they take the process with them.
    if (job.attempts > MOST_ATTEMPTS) throw worn(job);
    const outcome = await kinds[job.kind]!(job, { signal, save });
    if ("done" in outcome) await end(pool, holder, job.id, { state: "done", result: outcome.done, error: null });
    else await waitFor(pool, holder, job.id, outcome.again, null);
  } catch (error) {
    if (signal.aborted) return;
    const known = asCairnError(error);
    const mayPass = MAY_PASS.has(known.kind) && job.attempts < MOST_ATTEMPTS;
    const pause = Math.max(
      untilFree(known),
      Math.min(PAUSE.longest, PAUSE.first * 2 ** Math.min(job.attempts - 1, 20)),
    );
    const written = mayPass
      ? waitFor(pool, holder, job.id, pause, known.toJSON())
      : end(pool, holder, job.id, { state: "failed", result: null, error: known.toJSON() });
    await written.catch((again: unknown) => {
      // Its lease runs out, and it has another turn.
      log.warn({ job: job.id, error: asCairnError(again).message }, "how a turn ended is not written down");
    });
  }
}

/** The account with the fewest turns under way goes first, and has no more than its share; of one account the job that is due longest. */
async function take(
  pool: Pool,
  { holder, kinds, leaseSeconds, share }: { holder: string; kinds: string[]; leaseSeconds: number; share: number },
): Promise<Job | undefined> {
  const { rows } = await pool.query({
    name: "catalog-take-job",
    text: `with busy as materialized (
        select account, count(*) as turns from catalog.jobs where state = 'running' and held_until >= now() group by account
      ), waiting as materialized (
        select a.account from (
          with recursive each as (
            (select account from catalog.jobs where state in ('queued', 'running') order by account limit 1)
            union all
            select (select j.account from catalog.jobs j where j.state in ('queued', 'running') and j.account > each.account
              order by j.account limit 1) from each where each.account is not null
          ) select account from each where account is not null
        ) a left join busy b using (account)
        where coalesce(b.turns, 0) < $4 order by coalesce(b.turns, 0), random()
      ), next as (
        select j.id from waiting w cross join lateral (
          select id from catalog.jobs where account = w.account and state in ('queued', 'running') and kind = any($2)
            and (state = 'queued' and due_at <= now() or state = 'running' and held_until < now())
          order by due_at, created_at limit 1 for update skip locked
        ) j limit 1
      )
      update catalog.jobs set state = 'running', holder = $1, held_until = now() + $3::float8 * interval '1 second', attempts = attempts + 1,
        changed_at = now()
      where id = (select id from next) returning ${JOB_COLUMNS}`,
    values: [holder, kinds, leaseSeconds, share],
  });
  return rows[0] as Job | undefined;
}

/** @returns the turns that are not over */
async function renew(pool: Pool, holders: string[], leaseSeconds: number): Promise<Set<string>> {
  const { rows } = await pool.query<{ holder: string }>(
    `update catalog.jobs set held_until = now() + $2::float8 * interval '1 second'
     where holder = any($1) and state = 'running' returning holder`,
    [holders, leaseSeconds],
  );
  return new Set(rows.map(({ holder }) => holder));
}

async function end(
  pool: Pool,
  holder: string,
  id: string,
  { state, result, error }: { state: "done" | "failed"; result: unknown; error: object | null },
): Promise<void> {
  await pool.query(
    `update catalog.jobs set state = $3, result = $4, error = $5, changed_at = now(), holder = null
     where id = $1 and holder = $2 and state = 'running'`,
    [id, holder, state, toJson(result ?? null), error === null ? null : toJson(error)],
  );
}

async function waitFor(pool: Pool, holder: string, id: string, seconds: number, error: object | null): Promise<void> {
  await pool.query(
    `update catalog.jobs set state = 'queued', error = $4, changed_at = now(), holder = null,
       attempts = case when $4::jsonb is null then 0 else attempts end, due_at = now() + $3::float8 * interval '1 second'
     where id = $1 and holder = $2 and state = 'running'`,
    [id, holder, seconds, error === null ? null : toJson(error)],
  );
}

/** Wake for jobs as they come; without the connection they are found a little later. */
async function listen(pool: Pool, wake: () => void, log: JobsOptions["log"]): Promise<{ end(): Promise<void> }> {
  const client = await pool.connect().catch(() => undefined);
  if (client === undefined) return { end: async () => undefined };
  let lost: Error | undefined;
  const onLost = (error: Error) => {
    lost = error;
    log.warn({ error: error.message }, "jobs are no longer told of, only looked for");
  };
  client.on("error", onLost);
  client.on("notification", wake);
  await client.query(`listen ${JOB_CHANNEL}`).catch(onLost);
  return {
    async end() {
      client.off("notification", wake);
      if (lost === undefined) await client.query(`unlisten ${JOB_CHANNEL}`).catch(onLost);
      client.off("error", onLost);
      client.release(lost);
    },
  };
}
