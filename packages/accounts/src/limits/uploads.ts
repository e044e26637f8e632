import type { Queryable } from "@cairn/catalog";
import { limitReached } from "./limit-reached.ts";
import { limitsOf } from "./limits.ts";

/** Bytes that an account's packages have at the gateway while they are not stored. */
export type HeldBytes = (packages: readonly string[]) => Promise<number>;

/** States of a package whose bytes lie in the spool. */
const SPOOLED = "('RECEIVING', 'COMMITTED', 'PLACING')";

async function spooledPackages(db: Queryable, account: string): Promise<string[]> {
  const { rows } = await db.query(`select id from catalog.packages where account = $1 and state in ${SPOOLED}`, [
    account,
  ]);
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** Uploads as they come in, held against what each account may have at the gateway at a time. */
export class Uploads {
  readonly #db: Queryable;
  readonly #held: HeldBytes;
  /** Bytes of requests under way, by account: the disk may not show them yet, so that some count twice until their request ends. */
  readonly #coming = new Map<string, number>();

  constructor(db: Queryable, held: HeldBytes) {
    this.#db = db;
    this.#held = held;
  }

  async used(account: string): Promise<number> {
    return this.#held(await spooledPackages(this.#db, account));
  }

  /**
   * The same bytes; ends with `limit-reached` before the first one that is too many, and keeps what came.
   * @param announced the request's length, which is refused before a byte is read where it does not fit
   */
  async *count(account: string, bytes: AsyncIterable<Uint8Array>, announced = 0): AsyncGenerator<Uint8Array> {
    const { spoolBytes } = await limitsOf(this.#db, account);
    if (spoolBytes === null) {
      yield* bytes;
      return;
    }
    const held = await this.used(account);
    const room = (asked: number) => {
      const used = held + (this.#coming.get(account) ?? 0);
      if (used + asked > spoolBytes) throw limitReached("spoolBytes", { value: spoolBytes, used, asked });
    };
    room(announced);
    let own = 0;
    try {
      for await (const chunk of bytes) {
        room(chunk.length);
        own += chunk.length;
        this.#coming.set(account, (this.#coming.get(account) ?? 0) + chunk.length);
        yield chunk;
      }
    } finally {
      const left = (this.#coming.get(account) ?? 0) - own;
      if (left > 0) this.#coming.set(account, left);
      else this.#coming.delete(account);
    }
  }
}
