import { randomBytes } from "node:crypto";
import { asCairnError, CairnError } from "@cairn/protocol";
import type { Pool } from "pg";
import type { Queryable } from "../queryable.ts";

/** A lease that this process took. */
export interface Lease {
  readonly name: string;
  /** Greater than that of every earlier lease of the name. */
  readonly fence: number;
  /** Aborts with `lease-lost` when the lease ran out, was revoked or is given back. */
  readonly signal: AbortSignal;
  /**
   * That the lease is still this process's, by the database's clock. Inside a transaction it stays so until that ends: whoever takes the
   * lease over waits for it.
   * @throws CairnError `lease-lost`
   */
  assertHeld(db?: Queryable): Promise<void>;
}

/** Something that one process at a time does for as long as it lives; the next takes it over when its lease runs out. */
export interface StandingLease {
  /** The lease while this process has it, as far as it knows: what must not be done twice asks `assertHeld` too. */
  readonly lease: Lease | undefined;
}

export interface LeasesOptions {
  /** Whoever must not wait for others' queries: leases are renewed over it. */
  pool: Pool;
  /** Id of the gateway's home: its next process takes up at once what this one had. */
  gateway: string;
  log: { warn(fields: object, message: string): void };
  leaseSeconds?: number;
}

/** Longer than a busy machine keeps a living process waiting, short enough for a successor within a minute. A choice. */
const LEASE_SECONDS = 20;
/** Renewals that may fail before a lease runs out. */
const RENEWALS = 4;
/** Leases that ran out long ago are deleted: nobody took them up. */
const FORGOTTEN_SECONDS = 3600;

interface Held {
  lease: Lease;
  end: AbortController;
  /** Until when it was last renewed at least, in milliseconds of this process's monotonic time. */
  until: number;
}

interface Standing {
  lease: Lease | undefined;
  /** The try under way. */
  trying: Promise<void> | undefined;
}

/**
 * Leases in catalog.leases. The database's clock alone says when one runs out, whatever the clocks of the processes say. A process that was
 * stopped and goes on finds out at its next `assertHeld`; its fence is smaller than its successor's.
 */
export class Leases {
  readonly gateway: string;
  readonly holder = randomBytes(8).toString("hex");
  readonly #options: LeasesOptions;
  readonly #seconds: number;
  readonly #held = new Map<string, Held>();
  readonly #standing = new Map<string, Standing>();
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LeasesOptions) {
    this.#options = options;
    this.gateway = options.gateway;
    this.#seconds = options.leaseSeconds ?? LEASE_SECONDS;
  }

  /** Begin to renew. What an earlier process of the same home held is free at once: it is dead, or its fence keeps it out. */
  async start(): Promise<void> {
    await this.#options.pool.query("delete from catalog.leases where gateway = $1 and holder <> $2", [
      this.gateway,
      this.holder,
    ]);
    const next = () => {
      this.#timer = setTimeout(() => {
        this.#ticking = this.#tick().finally(() => {
          if (!this.#closed) next();
        });
      }, this.#renewMilliseconds);
    };
    next();
  }

  get #renewMilliseconds(): number {
    return (this.#seconds * 1000) / (RENEWALS + 1);
  }

  /** The lease of a name, or undefined where somebody has it, this process included. */
  async take(name: string): Promise<Lease | undefined> {
    if (this.#closed) return undefined;
    const asked = performance.now();
    const { rows } = await this.#options.pool.query<{ fence: string }>({
      name: "catalog-take-lease",
      text: `insert into catalog.leases as l (name, gateway, holder, fence, expires_at)
             values ($1, $2, $3, nextval('catalog.lease_fences'), now() + make_interval(secs => $4))
             on conflict (name) do update set gateway = excluded.gateway, holder = excluded.holder, fence = excluded.fence,
               expires_at = excluded.expires_at where l.expires_at <= now()
             returning fence`,
      values: [name, this.gateway, this.holder, this.#seconds],
    });
    if (rows[0] === undefined) return undefined;
    const fence = Number(rows[0].fence);
    const end = new AbortController();
    const lease: Lease = {
      name,
      fence,
      signal: end.signal,
      assertHeld: (db = this.#options.pool) => this.#assertHeld(db, name, fence, end),
    };
    this.#held.get(name)?.end.abort(leaseLost(name));
    this.#held.set(name, { lease, end, until: asked + this.#seconds * 1000 });
    return lease;
  }

  /** Give a lease back: the next may have it. */
  async release({ name, fence }: Lease): Promise<void> {
    const held = this.#held.get(name);
    if (held?.lease.fence === fence) {
      this.#held.delete(name);
      held.end.abort(leaseLost(name));
    }
    await this.#options.pool.query({
      name: "catalog-release-lease",
      text: "delete from catalog.leases where name = $1 and fence = $2",
      values: [name, fence],
    });
  }

  /** Run `task` under a lease; false where somebody else has it. */
  async run(name: string, task: (lease: Lease) => Promise<void>): Promise<boolean> {
    const lease = await this.take(name);
    if (lease === undefined) return false;
    try {
      await task(lease);
    } finally {
      await this.release(lease).catch((error: unknown) => this.#warn(error, "a lease is left to run out"));
    }
    return true;
  }

  /** Have a lease whenever nobody else does, until `close`. Resolves after the first try. */
  async stand(name: string): Promise<StandingLease> {
    const known = this.#standing.get(name);
    if (known !== undefined) {
      await known.trying;
      return known;
    }
    const standing: Standing = { lease: undefined, trying: undefined };
    this.#standing.set(name, standing);
    await this.#tryStanding(name, standing);
    return standing;
  }

  /** Give everything back, so that nobody waits for it to run out. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#ticking;
    for (const name of [...this.#held.keys()]) this.#lose(name);
    await this.#options.pool
      .query("delete from catalog.leases where holder = $1", [this.holder])
      .catch((error: unknown) => this.#warn(error, "leases are left to run out"));
  }

  async #assertHeld(db: Queryable, name: string, fence: number, end: AbortController): Promise<void> {
    const { rows } = await db.query({
      name: "catalog-assert-lease",
      text: "select from catalog.leases where name = $1 and fence = $2 and expires_at > clock_timestamp() for share",
      values: [name, fence],
    });
    if (rows.length === 1) return;
    if (this.#held.get(name)?.lease.fence === fence) this.#lose(name);
    else end.abort(leaseLost(name));
    throw leaseLost(name);
  }

  async #tick(): Promise<void> {
    try {
      await this.#renew();
    } catch (error) {
      this.#warn(error, "leases could not be renewed");
    }
    const now = performance.now();
    for (const [name, { until }] of this.#held) if (until <= now) this.#lose(name);
    for (const [name, standing] of this.#standing) {
      if (this.#closed) return;
      try {
        await this.#tryStanding(name, standing);
      } catch (error) {
        this.#warn(error, "a lease could not be asked for");
        return;
      }
    }
  }

  async #renew(): Promise<void> {
    const asked = performance.now();
    const before = [...this.#held.values()];
    const { rows } = await this.#options.pool.query<{ name: string; fence: string }>({
      name: "catalog-renew-leases",
      text: `with seen as (update catalog.gateways set seen_at = now() where id = $5 and holder = $1),
               forgotten as (delete from catalog.leases where expires_at < now() - make_interval(secs => ${FORGOTTEN_SECONDS}))
             update catalog.leases l set expires_at = now() + make_interval(secs => $4)
             from unnest($2::text[], $3::bigint[]) as h (name, fence)
             where l.name = h.name and l.fence = h.fence and l.holder = $1 and l.expires_at > now() returning l.name, l.fence`,
      values: [
        this.holder,
        before.map(({ lease }) => lease.name),
        before.map(({ lease }) => lease.fence),
        this.#seconds,
        this.gateway,
      ],
    });
    const kept = new Set(rows.map(({ name, fence }) => `${fence} ${name}`));
    for (const held of before) {
      const { name, fence } = held.lease;
      if (kept.has(`${fence} ${name}`)) held.until = asked + this.#seconds * 1000;
      else if (this.#held.get(name) === held) this.#lose(name);
    }
  }

  /** One try at a time: a second one would find the lease taken by the first, and take it for somebody else's. */
  async #tryStanding(name: string, standing: Standing): Promise<void> {
    if (standing.lease !== undefined && !standing.lease.signal.aborted) return;
    standing.trying ??= this.take(name)
      .then((lease) => {
        standing.lease = lease ?? this.#held.get(name)?.lease;
      })
      .finally(() => {
        standing.trying = undefined;
      });
    await standing.trying;
  }

  #lose(name: string): void {
    const held = this.#held.get(name);
    this.#held.delete(name);
    const standing = this.#standing.get(name);
    if (standing !== undefined) standing.lease = undefined;
    held?.end.abort(leaseLost(name));
  }

  #warn(error: unknown, message: string): void {
    if (!this.#closed) this.#options.log.warn({ error: asCairnError(error).message }, message);
  }
}

function leaseLost(name: string): CairnError {
  return new CairnError(`another gateway may have taken over: the lease of ${name} ran out`, {
    code: "lease-lost",
    kind: "unavailable",
    next: "Nothing: whichever gateway has it goes on.",
    details: { name },
  });
}
