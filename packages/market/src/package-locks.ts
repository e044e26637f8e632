import type { PackageId } from "@cairn/protocol";
import type { Pool, PoolClient } from "pg";

/** First key of the advisory locks of packages: "mrkt" in ASCII. */
const FAMILY = 0x6d72_6b74;

/**
 * At most one process drives a package: an advisory lock of PostgreSQL, held by one connection for all packages of this process, so that it
 * ends with the process however that dies.
 */
export class PackageLocks {
  readonly #pool: Pool;
  readonly #held = new Map<PackageId, AbortController>();
  #client: Promise<PoolClient> | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Run `task` under the package's lock; false when somebody else has it. The signal aborts when the lock is lost or `interrupt` does. */
  async tryRun(
    id: PackageId,
    interrupt: AbortController,
    task: (signal: AbortSignal) => Promise<void>,
  ): Promise<boolean> {
    if (this.#held.has(id)) return false;
    this.#held.set(id, interrupt);
    let client: PoolClient | undefined;
    try {
      client = await this.#connection();
      const { rows } = await client.query("select pg_try_advisory_lock($1, hashtext($2)) as got", [FAMILY, id]);
      if (!(rows[0] as { got: boolean }).got) return false;
      try {
        await task(interrupt.signal);
      } finally {
        if (client === (await this.#current())) {
          await client.query("select pg_advisory_unlock($1, hashtext($2))", [FAMILY, id]);
        }
      }
      return true;
    } finally {
      this.#held.delete(id);
    }
  }

  async close(): Promise<void> {
    const client = await this.#current();
    this.#client = undefined;
    client?.removeAllListeners("end");
    client?.release(true);
  }

  async #current(): Promise<PoolClient | undefined> {
    return this.#client?.catch(() => undefined);
  }

  #connection(): Promise<PoolClient> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<PoolClient> {
    try {
      const client = await this.#pool.connect();
      let lost = false;
      const onLost = (error: Error) => {
        if (lost) return;
        lost = true;
        this.#onLost(error);
        client.release(true);
      };
      client.once("error", onLost);
      client.once("end", () => onLost(new Error("the database connection ended")));
      return client;
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
  }

  /** Another process may have the locks now: whoever runs under one stops. */
  #onLost(error: Error): void {
    this.#client = undefined;
    for (const holder of this.#held.values()) holder.abort(error);
  }
}
