import { randomBytes } from "node:crypto";
import { asCairnError } from "@cairn/protocol";
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
/** Turns of one account at once, in all processes: no account keeps others waiting. */
const OF_ONE_ACCOUNT = 4;
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
  const holder = randomBytes(8).toString("hex");
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
          const kept = await renew(pool, holder, [...turns.keys()], leaseSeconds);
          for (const [id, { end }] of turns) if (!kept.has(id)) end.abort(new Error("the turn is over"));
        }
        while (turns.size < atOnce && !signal.aborted) {
          const job = await take(pool, holder, Object.keys(kinds), leaseSeconds);
          if (job === undefined) break;
          const end = new AbortController();
          const run = turn(options, holder, job, AbortSignal.any([signal, end.signal])).finally(() => {
            turns.delete(job.id);
            wake();
          });
          turns.set(job.id, { run, end });
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
    await Promise.all([...turns.values()].map(({ run }) => run));
    await listener.end();
    // Whoever goes on need not wait for the lease.
    await pool
      .query("update catalog.jobs set state = 'queued', holder = null where holder = $1 and state = 'running'", [
        holder,
      ])
      .catch(() => undefined);
  }
}

async function turn({ pool, kinds, log }: JobsOptions, holder: string, job: Job, signal: AbortSignal): Promise<void> {
  const save = async (progress: unknown) => {
    const { rowCount } = await pool.query(
      "update catalog.jobs set progress = $3, changed_at = now() where id = $1 and holder = $2 and state = 'running'",
      [job.id, holder, toJson(progress)],
    );
    if (rowCount !== 1) throw new Error("the turn is over");
  };
  try {
    const outcome = await kinds[job.kind]!(job, { signal, save });
    if ("done" in outcome) await end(pool, holder, job.id, { state: "done", result: outcome.done, error: null });
    else await waitFor(pool, holder, job.id, outcome.again, null);
  } catch (error) {
    if (signal.aborted) return;
    const known = asCairnError(error);
    const mayPass = (known.kind === "unavailable" || known.kind === "internal") && job.attempts < MOST_ATTEMPTS;
    const pause = Math.min(PAUSE.longest, PAUSE.first * 2 ** Math.min(job.attempts - 1, 20));
    const written = mayPass
      ? waitFor(pool, holder, job.id, pause, known.toJSON())
      : end(pool, holder, job.id, { state: "failed", result: null, error: known.toJSON() });
    await written.catch((again: unknown) => {
      // Its lease runs out, and it has another turn.
      log.warn({ job: job.id, error: asCairnError(again).message }, "how a turn ended is not written down");
    });
  }
}

async function take(pool: Pool, holder: string, kinds: string[], leaseSeconds: number): Promise<Job | undefined> {
  const { rows } = await pool.query({
    name: "catalog-take-job",
    text: `update catalog.jobs set state = 'running', holder = $1, held_until = now() + $3::float8 * interval '1 second', attempts = attempts + 1,
        changed_at = now()
      where id = (select id from catalog.jobs j where kind = any($2)
          and (state = 'queued' and due_at <= now() or state = 'running' and held_until < now())
          and (select count(*) from catalog.jobs o where o.account = j.account and o.state = 'running' and o.held_until >= now()) < ${OF_ONE_ACCOUNT}
        order by due_at, created_at for update skip locked limit 1)
      returning ${JOB_COLUMNS}`,
    values: [holder, kinds, leaseSeconds],
  });
  return rows[0] as Job | undefined;
}

/** @returns those whose turn still is this process's */
async function renew(pool: Pool, holder: string, ids: string[], leaseSeconds: number): Promise<Set<string>> {
  const { rows } = await pool.query<{ id: string }>(
    `update catalog.jobs set held_until = now() + $3::float8 * interval '1 second'
     where id = any($2) and holder = $1 and state = 'running' returning id`,
    [holder, ids, leaseSeconds],
  );
  return new Set(rows.map(({ id }) => id));
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
