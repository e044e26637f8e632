import { inTransaction } from "@cairn/database";
import type pg from "pg";

/** Shorter absences fit into what farmers wait before they try again. */
const TOLERATED_SECONDS = 5;
/** Moving contracts is part of the absence: this much is added for each. Measured on a busy machine: 25 µs. */
const SECONDS_PER_CONTRACT = 5e-5;

/**
 * Write down that the node is there, by the clock `now` (seconds since 1970). When nobody had for more than a few seconds (the node was down, or its
 * database), everything that ran at the last sign of life is moved by that time: starts of contracts, and the time that their farmers are
 * covered, which counts as time online.
 *
 * @param servedAt when this process last served a farmer, which is a sign of life, too: time that was served is not made good
 * @returns seconds by which contracts were moved; 0 for a sign of life in time
 */
export async function showPresence(
  pool: pg.Pool,
  now: () => number,
  servedAt = Number.NEGATIVE_INFINITY,
): Promise<number> {
  const began = now();
  const quick = await pool.query(
    "update downstream.liveness set alive_at = greatest(alive_at, $1) where greatest(alive_at, $3) > $1 - $2::float8",
    [began, TOLERATED_SECONDS, servedAt],
  );
  if (quick.rowCount !== 0) return 0;
  return inTransaction(pool, async (client) => {
    await client.query("insert into downstream.liveness (alive_at) values ($1) on conflict do nothing", [began]);
    const last = await client.query<{ alive_at: number }>("select alive_at from downstream.liveness for update");
    const aliveAt = Math.max(last.rows[0]!.alive_at, servedAt);
    const gap = began - aliveAt;
    const moved = gap > TOLERATED_SECONDS ? await move(client, aliveAt, gap) : 0;
    // However long that took: it must not be taken for another absence.
    await client.query("update downstream.liveness set alive_at = greatest(alive_at, $1)", [now()]);
    return moved;
  });
}

async function move(client: pg.PoolClient, aliveAt: number, gap: number): Promise<number> {
  // Whoever counts answers locks tokens before contracts.
  await client.query("lock table downstream.tokens in share row exclusive mode");
  const alive = "not settled and start + (answers + 1) * interval > $1";
  const { rows } = await client.query<{ count: string }>(`select count(*) from downstream.contracts where ${alive}`, [
    aliveAt,
  ]);
  const seconds = gap + Number(rows[0]!.count) * SECONDS_PER_CONTRACT;
  await client.query(`update downstream.contracts set start = start + $2 where ${alive}`, [aliveAt, seconds]);
  await client.query(
    `update downstream.tokens set covered_until = covered_until + $2, covered_seconds = covered_seconds + $2
     where covered_until > $1`,
    [aliveAt, seconds],
  );
  return seconds;
}

export interface PresenceOptions {
  pool: pg.Pool;
  /** Seconds since 1970. */
  now: () => number;
}

/** The node's sign of life, given about every second. */
export class Presence {
  readonly #options: PresenceOptions;
  #shownAt = Number.NEGATIVE_INFINITY;
  #servedAt = Number.NEGATIVE_INFINITY;
  #showing: Promise<number> | undefined;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** A farmer has been served. */
  served(): void {
    this.#servedAt = this.#options.now();
  }

  /** Give a sign of life. Returns the seconds by which contracts were moved. */
  show(): Promise<number> {
    const { pool, now } = this.#options;
    this.#showing ??= showPresence(pool, now, this.#servedAt)
      .then((moved) => {
        this.#shownAt = now();
        return moved;
      })
      .finally(() => {
        this.#showing = undefined;
      });
    return this.#showing;
  }

  /** What judges by the clock waits for this: nothing is done unless signs of life have stopped, so that reading writes nothing. */
  async ensure(): Promise<void> {
    const silent = this.#options.now() - this.#shownAt;
    if (silent < 0 || silent > TOLERATED_SECONDS) await this.show();
  }
}
