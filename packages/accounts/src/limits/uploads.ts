import type { Queryable } from "@cairn/catalog";
import { OVER, SPOOLED } from "@cairn/core/package-states";
import { Arrivals } from "./arrivals.ts";
import { limitReached } from "./limit-reached.ts";
import { limitsOf } from "./limits.ts";
import { manifestBytes } from "./manifest-bytes.ts";

/** Bytes that these packages have at the gateway. */
export type HeldBytes = (packages: readonly string[]) => Promise<number>;

/** Whose pieces lie in the spool: those under way, and hot ones until they are over. */
async function spooledPackages(db: Queryable, account: string): Promise<string[]> {
  const { rows } = await db.query(
    "select id from catalog.packages where account = $1 and (state = any($2) or hot and state <> all($3))",
    [account, SPOOLED, OVER],
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** Uploads as they come in, held against what each account may have at the gateway at a time. */
export class Uploads {
  readonly #db: Queryable;
  readonly #held: HeldBytes;
  /** Of accounts with requests under way. */
  readonly #arrivals = new Map<string, Arrivals>();

  constructor(db: Queryable, held: HeldBytes) {
    this.#db = db;
    this.#held = held;
  }

  /** Bytes that the account has at the gateway: of packages in the spool, and manifests of packages that are not stored. */
  async used(account: string): Promise<number> {
    const [held, manifests] = await Promise.all([
      spooledPackages(this.#db, account).then((ids) => this.#held(ids)),
      manifestBytes(this.#db, account),
    ]);
    return held + manifests;
  }

  /**
   * Store what comes in: `store` is given the same bytes, which end with `limit-reached` before the first one that is too many; what came stays. All of
   * an account's requests count together, each until `store` is done and the disk shows what it brought.
   * @param of.announced the request's length, which is refused before a byte is read where it does not fit
   */
  async take<T>(
    { account, bytes, announced = 0 }: { account: string; bytes: AsyncIterable<Uint8Array>; announced?: number },
    store: (counted: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<T> {
    const { spoolBytes } = await limitsOf(this.#db, account);
    if (spoolBytes === null) return store(bytes);
    const arrivals = this.#arrivals.get(account) ?? new Arrivals(() => this.used(account));
    this.#arrivals.set(account, arrivals);
    const request = arrivals.begin();
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of bytes) {
        const { taken, used } = await arrivals.take(request, chunk.length, spoolBytes as number);
        if (!taken) throw limitReached("spoolBytes", { value: spoolBytes as number, used, asked: chunk.length });
        yield chunk;
      }
    }
    try {
      const { fits, used } = await arrivals.fits(announced, spoolBytes);
      if (!fits) throw limitReached("spoolBytes", { value: spoolBytes, used, asked: announced });
      return await store(counted());
    } finally {
      arrivals.end(request);
      if (arrivals.idle) this.#arrivals.delete(account);
    }
  }
}
