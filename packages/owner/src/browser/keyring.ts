import {
  type AccountKey,
  assertUsable,
  exportAccountKey,
  exportPublicKey,
  generateAccountKey,
  importAccountKey,
  revocationCertificateOf,
} from "@cairn/archive/browser";
import { CairnError } from "@cairn/protocol/errors";
import { IndexedTables } from "./indexed-tables.ts";

/** A key as it is kept and shown: nothing of it is secret without the passphrase. */
export interface KeptKey {
  /** 40 upper-case hex digits. */
  fingerprint: string;
  userIds: string[];
  /** Armoured. */
  publicKey: string;
  /** Armoured, under its passphrase: what gpg imports. */
  privateKey: string;
}

interface Open {
  key: AccountKey;
  minutes: number;
  /** Milliseconds since 1970. */
  until: number;
  timer: ReturnType<typeof setTimeout>;
}

const KEYS = "keys";
/** Fewer are guessed from a stolen file in no time, whatever they are. */
const MIN_PASSPHRASE = 8;
const MINUTE = 60_000;
const DEFAULT_MINUTES = 15;

/**
 * OpenPGP keys of this browser: kept in IndexedDB under their passphrases, open in the memory of this page alone, and locked again when they were not
 * used for some minutes.
 */
export class Keyring {
  readonly #tables = new IndexedTables("cairn-keys", [KEYS]);
  readonly #open = new Map<string, Open>();
  readonly #onLock: (fingerprint: string) => void;

  /** @param onLock told of every key that is locked, by whatever */
  constructor(onLock: (fingerprint: string) => void = () => undefined) {
    this.#onLock = onLock;
  }

  /** A new key of the kind that gpg 2.2 reads, too; it is open for `minutes` afterwards. @throws CairnError `wrong-passphrase` for one that is too short */
  async make(
    { passphrase, ...of }: { name: string; email?: string; passphrase: string },
    minutes = DEFAULT_MINUTES,
  ): Promise<KeptKey> {
    requireLong(passphrase);
    return this.#keep(await generateAccountKey(of), passphrase, minutes);
  }

  /**
   * A key that there is: armoured or binary. One that is locked stays under its passphrase; one that is not gets this one. It is open for `minutes`
   * afterwards.
   * @throws CairnError `key-unusable` with the reason, `wrong-passphrase`
   */
  async import(key: string | Uint8Array, passphrase: string, minutes = DEFAULT_MINUTES): Promise<KeptKey> {
    const opened = await importAccountKey(key, passphrase);
    await assertUsable(opened);
    requireLong(passphrase);
    return this.#keep(opened, passphrase, minutes);
  }

  async list(): Promise<KeptKey[]> {
    return (await this.#tables.all(KEYS)) as KeptKey[];
  }

  /** @throws CairnError `wrong-passphrase`, `key-unusable` where it is kept no more, or expired meanwhile */
  async unlock(fingerprint: string, passphrase: string, minutes = DEFAULT_MINUTES): Promise<AccountKey> {
    const key = await importAccountKey((await this.#kept(fingerprint)).privateKey, passphrase);
    this.#hold(key, minutes);
    return key;
  }

  /** Overwriting is not in JavaScript's power: what is locked is forgotten, and its memory reused. */
  lock(fingerprint?: string): void {
    for (const [one, { timer }] of [...this.#open]) {
      if (fingerprint !== undefined && one !== fingerprint) continue;
      clearTimeout(timer);
      this.#open.delete(one);
      this.#onLock(one);
    }
  }

  isOpen(fingerprint: string): boolean {
    const open = this.#open.get(fingerprint);
    // A timer of a page that slept comes late.
    if (open !== undefined && Date.now() >= open.until) this.lock(fingerprint);
    return this.#open.has(fingerprint);
  }

  /**
   * For use, as `openKey` of an `Owner`.
   * @param renews its minutes begin anew: not for what nobody began just now, lest it is never locked
   * @throws CairnError `key-locked`
   */
  use(fingerprint: string, renews = true): AccountKey {
    const open = this.isOpen(fingerprint) ? this.#open.get(fingerprint) : undefined;
    if (open === undefined) {
      throw new CairnError(`key ${fingerprint} is locked`, {
        code: "key-locked",
        kind: "auth",
        next: "Unlock it with its passphrase.",
      });
    }
    if (renews) this.#hold(open.key, open.minutes);
    return open.key;
  }

  /** Made with the key, which must be open. @throws CairnError `key-locked` */
  revocationCertificate(fingerprint: string): Promise<string> {
    return revocationCertificateOf(this.use(fingerprint));
  }

  /** From this browser: without an export, what was encrypted to it is lost. */
  async forget(fingerprint: string): Promise<void> {
    this.lock(fingerprint);
    await this.#tables.change([{ table: KEYS, delete: fingerprint }]);
  }

  close(): Promise<void> {
    this.lock();
    return this.#tables.close();
  }

  async #keep(key: AccountKey, passphrase: string, minutes: number): Promise<KeptKey> {
    const { fingerprint, userIds } = key;
    const privateKey = await exportAccountKey(key, passphrase);
    const kept: KeptKey = { fingerprint, userIds, publicKey: exportPublicKey(key), privateKey };
    await this.#tables.change([{ table: KEYS, key: fingerprint, put: kept }]);
    this.#hold(key, minutes);
    return kept;
  }

  async #kept(fingerprint: string): Promise<KeptKey> {
    const kept = (await this.#tables.get(KEYS, fingerprint)) as KeptKey | undefined;
    if (kept !== undefined) return kept;
    throw new CairnError(`this browser has no key ${fingerprint}`, {
      code: "key-unusable",
      kind: "input",
      next: "Import it from the file that it was exported to.",
    });
  }

  #hold(key: AccountKey, minutes: number): void {
    const { fingerprint } = key;
    clearTimeout(this.#open.get(fingerprint)?.timer);
    const timer = setTimeout(() => this.lock(fingerprint), minutes * MINUTE);
    this.#open.set(fingerprint, { key, minutes, until: Date.now() + minutes * MINUTE, timer });
  }
}

/** @throws CairnError `wrong-passphrase` for one that is too short */
export function requireLong(passphrase: string): void {
  if (passphrase.length >= MIN_PASSPHRASE) return;
  throw new CairnError(`the passphrase has ${passphrase.length} characters`, {
    code: "wrong-passphrase",
    kind: "auth",
    next: `Choose one of at least ${MIN_PASSPHRASE}; several words that do not belong together are best.`,
  });
}
