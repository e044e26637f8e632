import type { Clock, OwnerSigner } from "@cairn/core";
import { type Address, addressOfKey, CairnError, signTyped } from "@cairn/protocol";
import { requireOwnerType } from "./owner-types.ts";

export const LONGEST_MINUTES = 60;
/** Of all accounts together. */
const MOST_OPEN = 1000;

/** Whoever opened a vault: a user, by session or token, or a token without a user. */
export interface Opener {
  user: string | undefined;
  /** Its id. */
  token: string | undefined;
}

interface Open {
  account: string;
  opener: Opener;
  key: Uint8Array;
  /** Monotonic milliseconds, and UNIX seconds for people. */
  until: number;
  untilTime: number;
  timer: NodeJS.Timeout;
}

/**
 * Keys of vault wallets, in this process's memory alone, each for as many minutes as its user said. The user opens the keystore and hands the key over;
 * at the end of the time, at `lock`, at `lockOpenedBy` and at `close` its bytes are overwritten. It signs only while whoever opened it is there: another
 * process may have ended it.
 */
export class Vaults {
  readonly #open = new Map<Address, Open>();
  readonly #clock: Pick<Clock, "now" | "monotonic">;
  readonly #isThere: (opener: Opener) => Promise<boolean>;

  /** @param isThere whether the user and the token have not ended */
  constructor(clock: Pick<Clock, "now" | "monotonic">, isThere: (opener: Opener) => Promise<boolean>) {
    this.#clock = clock;
    this.#isThere = isThere;
  }

  /**
   * @param wallet one of the account's, of the kind vault
   * @param of.key 32 bytes, which are the vault's from now on: whoever calls keeps no copy
   * @returns UNIX seconds at which it locks by itself
   * @throws CairnError `wrong-key`, `bad-key`, `busy`; the bytes are overwritten then
   */
  unlock(
    wallet: { account: string; address: Address },
    { key, minutes, opener }: { key: Uint8Array; minutes: number; opener: Opener },
  ): number {
    try {
      if (addressOfKey(key) !== wallet.address) {
        throw new CairnError(`this is not the key of the wallet ${wallet.address}`, {
          code: "wrong-key",
          kind: "auth",
          next: "Decrypt the wallet's own keystore: GET /api/v1/wallets/ADDRESS/keystore.",
        });
      }
      if (this.#open.size >= MOST_OPEN && !this.#open.has(wallet.address)) {
        throw new CairnError(`${MOST_OPEN} vaults are open at this gateway, which is the most`, {
          code: "busy",
          kind: "unavailable",
          next: "Try again in some minutes, or sign with the key where you have it.",
        });
      }
    } catch (error) {
      key.fill(0);
      throw error;
    }
    this.#end(wallet.address);
    const seconds = Math.min(minutes, LONGEST_MINUTES) * 60;
    const untilTime = this.#clock.now() + Math.ceil(seconds);
    const timer = setTimeout(() => this.#end(wallet.address), seconds * 1000);
    timer.unref();
    const until = this.#clock.monotonic() + seconds * 1000;
    this.#open.set(wallet.address, { account: wallet.account, opener, key, until, untilTime, timer });
    return untilTime;
  }

  /** Overwrite the key, if it is here. */
  lock({ account, address }: { account: string; address: Address }): void {
    if (this.#open.get(address)?.account === account) this.#end(address);
  }

  /** Overwrite the keys of all vaults that a user or a token opened. */
  lockOpenedBy(opener: Partial<Opener>): void {
    for (const [address, { opener: by }] of this.#open) {
      const same = (one: string | undefined, other: string | undefined) => one !== undefined && one === other;
      if (same(by.user, opener.user) || same(by.token, opener.token)) this.#end(address);
    }
  }

  /** UNIX seconds at which an open vault locks; undefined where it is locked. */
  openUntil(wallet: { account: string; address: Address }): number | undefined {
    return this.#found(wallet)?.untilTime;
  }

  /** Signs for as long as the vault is open, and throws `wallet-locked` otherwise. */
  signer(wallet: { account: string; address: Address }): OwnerSigner {
    return {
      address: wallet.address,
      sign: async (type, message, context) => {
        requireOwnerType(type);
        const opener = this.#found(wallet)?.opener;
        if (opener !== undefined && !(await this.#isThere(opener))) this.lockOpenedBy(opener);
        const open = this.#found(wallet);
        if (open === undefined) throw locked(wallet.address);
        return signTyped(type, message, context, open.key);
      },
    };
  }

  /** Overwrite every key. */
  close(): void {
    for (const address of [...this.#open.keys()]) this.#end(address);
  }

  #found({ account, address }: { account: string; address: Address }): Open | undefined {
    const open = this.#open.get(address);
    if (open === undefined || open.account !== account) return undefined;
    if (this.#clock.monotonic() < open.until) return open;
    this.#end(address);
    return undefined;
  }

  #end(address: Address): void {
    const open = this.#open.get(address);
    if (open === undefined) return;
    clearTimeout(open.timer);
    open.key.fill(0);
    this.#open.delete(address);
  }
}

function locked(address: Address): CairnError {
  return new CairnError(`the vault of the wallet ${address} is locked`, {
    code: "wallet-locked",
    kind: "conflict",
    details: { address },
    next: "Unlock it with `cairn wallet unlock`, or sign with the key where you have it.",
  });
}
