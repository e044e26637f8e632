import { takeOutbox } from "@cairn/catalog";
import { LONGEST_PAUSE_SECONDS } from "@cairn/core";
import type { PackageId } from "@cairn/protocol";
import { Logger, makeWorkerUtils, type Runner, run } from "graphile-worker";
import type { PoolClient } from "pg";
import { onDealState, onHeal, onLied, onSpare } from "./consume-outbox.ts";
import type { Context } from "./context.ts";
import { drivePackage } from "./drive/drive-package.ts";
import { DriveLanes, type Driven } from "./drive-lanes.ts";
import { heldContext, packageLease } from "./held-context.ts";
import { noteAway } from "./note-away.ts";
import { LIVE } from "./package-rows.ts";
import { sweepOrphans } from "./sweep-orphans.ts";

/** How often due packages and messages are looked for when nobody wakes us. */
const SWEEP_SECONDS = 1;
const ORPHAN_SECONDS = 600;
const RUNNER_PAUSE_SECONDS = 2;
const AWAY_SECONDS = 10;
const STOP_SECONDS = 3;
const TASK = "market-drive";
/**
 * Packages `p` that this process may drive: no other has their lease, and what they wait for is not in a spool that it does not see. Shards that
 * are held already go on wherever the upload lies. $1: this process, $2: its spool.
 */
const MINE = `not exists (select from catalog.leases l where l.name = 'package:' || p.id and l.holder <> $1 and l.expires_at > now())
  and (p.spool is null or p.spool = $2 or not (p.state = 'COMMITTING' or p.state = 'PLACING' and exists (select from catalog.slots s
    where s.package = p.id and s.source = 'spool' and s.state in ('EMPTY', 'QUOTED', 'PROPOSED'))))`;
const DRIVEN_STATES = ["COMMITTING", "PLACING", "STORED", "DEGRADED", "LOST", "ENDING", "EXPIRED"] as const;

/**
 * Drives packages: a queue of wake-ups (graphile-worker) and a sweep over `next_due_at`, so that a lost wake-up costs a second and no more.
 * Work is found in the tables alone; both only say when to look.
 */
export class Engine {
  readonly #context: Context;
  readonly #stopping: AbortController;
  readonly #lanes = new DriveLanes();
  readonly #driving = new Map<PackageId, Promise<void>>();
  readonly #again = new Set<PackageId>();
  readonly #onConnect = (client: PoolClient) => {
    client.on("error", (error) => this.#context.log.warn({ error: error.message }, "connection lost"));
  };
  #loops: Promise<void>[] = [];
  #runner: Runner | undefined;

  constructor(context: Context, stopping: AbortController) {
    this.#context = context;
    this.#stopping = stopping;
  }

  async start(): Promise<void> {
    const { pool, log } = this.#context;
    // graphile-worker wants a listener on every client; a lost connection is met again at the next query.
    pool.on("connect", this.#onConnect);
    await sweepOrphans(this.#context);
    const logger = new Logger(() => (level, message) => {
      if (level === "error") log.error({}, `job queue: ${message}`);
      else if (level === "warning") log.warn({}, `job queue: ${message}`);
    });
    await this.#unlockJobs(logger);
    this.#loops = [
      this.#loop(RUNNER_PAUSE_SECONDS, () => this.#runJobs(logger)),
      this.#loop(SWEEP_SECONDS, () => this.#sweep()),
      this.#loop(SWEEP_SECONDS, () => this.#consume()),
      this.#loop(AWAY_SECONDS, () => noteAway(this.#context)),
      this.#loop(ORPHAN_SECONDS, () => sweepOrphans(this.#context)),
    ];
  }

  /** Have a package driven soon, by this process or another of the same database. */
  wake(id: PackageId): void {
    if (this.#stopping.signal.aborted || !this.#runner) return;
    this.#runner
      .addJob(TASK, { package: id }, { jobKey: `drive:${id}`, maxAttempts: 1 })
      .catch((error: unknown) => this.#context.log.warn({ package: id, error: String(error) }, "a wake-up was lost"));
  }

  /** Steps that wait for the chain are cut off after a while: what they sent is taken up at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the market is stopping"));
    const ended = Promise.allSettled([...this.#loops, ...this.#driving.values()]);
    await Promise.race([ended, this.#context.clock.sleep(STOP_SECONDS)]);
    this.#context.pool.off("connect", this.#onConnect);
  }

  /** The job queue gives up when its database is away for long; then it is started again. */
  async #runJobs(logger: Logger): Promise<void> {
    const runner = await run({
      pgPool: this.#context.pool,
      concurrency: 2,
      noHandleSignals: true,
      pollInterval: 2000,
      logger,
      taskList: {
        [TASK]: async (payload) => {
          await this.#onWake((payload as { package: PackageId }).package);
        },
      },
    });
    this.#runner = runner;
    const { signal } = this.#stopping;
    const onStop = () => void runner.stop().catch(() => undefined);
    signal.addEventListener("abort", onStop, { once: true });
    if (signal.aborted) onStop();
    try {
      await runner.promise;
    } finally {
      this.#runner = undefined;
      signal.removeEventListener("abort", onStop);
    }
  }

  /** Jobs of a process that was killed stay locked for hours otherwise; driving twice does no harm. */
  async #unlockJobs(logger: Logger): Promise<void> {
    const utils = await makeWorkerUtils({ pgPool: this.#context.pool, logger });
    try {
      await utils.migrate();
      const { rows } = await this.#context.pool.query(
        "select distinct locked_by from graphile_worker._private_jobs where locked_by is not null",
      );
      await utils.forceUnlockWorkers(rows.map((row) => (row as { locked_by: string }).locked_by));
    } finally {
      await utils.release();
    }
  }

  async #loop(seconds: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        if (!signal.aborted) this.#context.log.warn({ error: String(error) }, "the market waits for its database");
      }
      await this.#context.clock.sleep(seconds, signal);
    }
  }

  /**
   * Begin driving what is due, as much as each lane has room for: first for accounts of which the lane drives the fewest packages, then (of
   * packages that are kept) those whose weakest piece has the fewest live shards over k, then whatever waits longest. What is due later than any pause lasts was
   * put off by a clock that has been set back since.
   */
  async #sweep(): Promise<void> {
    const driven = this.#lanes.packages;
    const rooms = DRIVEN_STATES.map((state) => this.#lanes.roomOf(state)).filter(({ free }) => free > 0);
    const { rows } = await this.#context.pool.query({
      name: "market-due-packages",
      text: `with driven as (select * from unnest($3::text[], $4::text[], $5::text[]) as d (id, account, lane)),
             rooms as (select * from unnest($6::text[], $7::text[], $8::int[], $9::int[]) as r (state, lane, free, of_one_account)),
             due as (
               select p.id, p.account, p.state, p.next_due_at, r.lane, r.free, r.of_one_account, case when r.lane = 'keeping'
                 then coalesce((select min(live) from (
                   select count(*) filter (where ${LIVE}) as live from catalog.slots s where s.package = p.id group by s.piece) of_pieces), 0) - p.k
                 else 0 end as margin
               from catalog.packages p join rooms r on r.state = p.state
               where (p.next_due_at <= now() or p.next_due_at > now() + make_interval(secs => $10))
                 and not exists (select from driven d where d.id = p.id) and ${MINE}),
             ranked as (
               select due.*, coalesce(taken, 0) +
                 row_number() over (partition by lane, account order by margin, next_due_at) as turn
               from due left join (select account, lane, count(*) as taken from driven group by account, lane) t using (account, lane)),
             placed as (
               select *, row_number() over (partition by lane order by turn, margin, next_due_at) as place
               from ranked where turn <= of_one_account)
             select id, account, state from placed where place <= free order by place`,
      values: [
        this.#context.leases.holder,
        this.#context.spoolId,
        driven.map(({ id }) => id),
        driven.map(({ account }) => account),
        driven.map(({ lane }) => lane),
        rooms.map(({ state }) => state),
        rooms.map(({ lane }) => lane),
        rooms.map(({ free }) => free),
        rooms.map(({ ofOneAccount }) => ofOneAccount),
        LONGEST_PAUSE_SECONDS,
      ],
    });
    for (const row of rows as Driven[]) this.#drive(row);
  }

  /** Look at a package soon, or once more when it is being driven. Where there is no room for it now, the sweep finds it later. */
  async #onWake(id: PackageId): Promise<void> {
    if (this.#driving.has(id)) {
      this.#again.add(id);
      return;
    }
    const { rows } = await this.#context.pool.query(
      `select p.id, p.account, p.state from catalog.packages p where p.id = $3 and ${MINE}`,
      [this.#context.leases.holder, this.#context.spoolId, id],
    );
    for (const driven of rows as Driven[]) this.#drive(driven);
  }

  /** Begin to drive a package if there is room for it. */
  #drive(driven: Driven): void {
    const { id } = driven;
    if (!this.#lanes.enter(driven)) return;
    const run = this.#driveUntilQuiet(id).finally(() => {
      this.#driving.delete(id);
      this.#lanes.leave(id);
    });
    this.#driving.set(id, run);
  }

  async #driveUntilQuiet(id: PackageId): Promise<void> {
    const { log, interrupts } = this.#context;
    do {
      this.#again.delete(id);
      const interrupt = new AbortController();
      const onStop = () => interrupt.abort(this.#stopping.signal.reason);
      this.#stopping.signal.addEventListener("abort", onStop);
      interrupts.set(id, interrupt);
      try {
        if (!this.#stopping.signal.aborted) {
          await this.#context.leases.run(packageLease(id), async (lease) => {
            const onLost = () => interrupt.abort(lease.signal.reason);
            lease.signal.addEventListener("abort", onLost);
            await drivePackage(heldContext(this.#context, lease), id, interrupt.signal);
          });
        }
      } catch (error) {
        if (!interrupt.signal.aborted) {
          log.error({ package: id, error: String(error) }, "driving a package failed; it goes on in a while");
          await this.#postpone(id);
        }
      } finally {
        interrupts.delete(id);
        this.#stopping.signal.removeEventListener("abort", onStop);
      }
    } while (this.#again.has(id) && !this.#stopping.signal.aborted);
  }

  async #postpone(id: PackageId): Promise<void> {
    try {
      await this.#context.pool.query(
        "update catalog.packages set next_due_at = now() + interval '5 seconds' where id = $1 and (next_due_at <= now() or next_due_at > now() + make_interval(secs => $2))",
        [id, LONGEST_PAUSE_SECONDS],
      );
    } catch (error) {
      this.#context.log.warn({ package: id, error: String(error) }, "the database does not answer");
      await this.#context.clock.sleep(2, this.#stopping.signal);
    }
  }

  async #consume(): Promise<void> {
    const { pool } = this.#context;
    const topics = ["deal-state", "heal", "lied", "spare"] as const;
    let some = true;
    while (some && !this.#stopping.signal.aborted) {
      some = await takeOutbox(pool, topics, async (message, client) => {
        if (message.topic === "heal") await onHeal(this.#context, client, message.payload as never);
        else if (message.topic === "spare") await onSpare(this.#context, client, message.payload as never);
        else if (message.topic === "lied") await onLied(this.#context, client, message.payload as never);
        else await onDealState(this.#context, client, message.payload as never);
      });
    }
  }
}
