import type { AccountKey } from "@cairn/archive/browser";
import type { AccountSecrets } from "@cairn/owner/account-file";
import { IndexedTables } from "@cairn/owner/browser/indexed-tables";
import type { Keyring } from "@cairn/owner/browser/keyring";
import type { PhraseKeys } from "@cairn/owner/phrase/phrase";
import type { Owner } from "@cairn/owner/ports";
import { CairnError } from "@cairn/protocol/errors";
import { useSyncExternalStore } from "react";

/** Who owns packages in this browser: nothing of it is secret without the key's passphrase. */
export interface HeldOwner {
  /** Of the gateway that the packages are put for: one owner for each. */
  account: string;
  /** 40 upper-case hex digits. */
  fingerprint: string;
  userId: string;
  /** 0x, of the wallet. */
  address: `0x${string}`;
  /** OpenPGP messages to the key: the wallet's 32 bytes, and those that key names. */
  wallet: Uint8Array;
  lookupKey: Uint8Array;
  /** Milliseconds since 1970: when the person took a copy of it. */
  savedAt: number | null;
  /** What follows from the recovery phrase, as such a message: its wallet's key and its bundle's, 32 bytes each. The words are kept nowhere. */
  phrase?: Uint8Array;
}

export type KeysState =
  | { at: "opening" }
  | { at: "none" }
  /** `openUntil`: milliseconds since 1970; null while it is locked. */
  | { at: "held"; held: HeldOwner; openUntil: number | null };

/** What waits for the passphrase. */
export interface Asking {
  why: string;
  answer: (passphrase: string) => Promise<void>;
  refuse: () => void;
}

const OWNERS = "owners";
const MINUTES_KEY = "cairn-lock-minutes";
export const MINUTES = [5, 15, 60, 240] as const;
const DEFAULT_MINUTES = 15;
/** As a new key is held by the keyring. */
const NEW_KEY_MINUTES = 15;

const tables = new IndexedTables("cairn-owners", [OWNERS]);
let state: KeysState = { at: "opening" };
let asking: Asking | undefined;
let lookupKey: Uint8Array | undefined;
let minutes = 0;
let loaded: Promise<Keyring> | undefined;
const listeners = new Set<() => void>();

function become(next: KeysState): void {
  state = next;
  for (const one of listeners) one();
}
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Calls `listener` whenever the key is opened, locked, held or forgotten. @returns what ends it */
export const onKeys = subscribe;
export const keysState = (): KeysState => state;
export const useKeysState = (): KeysState => useSyncExternalStore(subscribe, () => state);
export const useAsking = (): Asking | undefined => useSyncExternalStore(subscribe, () => asking);

/** OpenPGP comes with it, which is much: it is loaded when a key is made or opened. */
function keyring(): Promise<Keyring> {
  loaded ??= import("@cairn/owner/browser/keyring").then(({ Keyring }) => new Keyring(locked));
  return loaded;
}

function locked(fingerprint: string): void {
  if (state.at !== "held" || state.held.fingerprint !== fingerprint) return;
  lookupKey?.fill(0);
  lookupKey = undefined;
  become({ ...state, openUntil: null });
}

export function lockMinutes(): number {
  try {
    const stored = Number(localStorage.getItem(MINUTES_KEY));
    return MINUTES.find((one) => one === stored) ?? DEFAULT_MINUTES;
  } catch {
    return DEFAULT_MINUTES;
  }
}

/** Holds from the next unlocking on. */
export function setLockMinutes(value: number): void {
  try {
    localStorage.setItem(MINUTES_KEY, String(value));
  } catch {
    // It then stays as it was.
  }
  for (const one of listeners) one();
}

/** Who owns what this account puts from this browser; locked at first. */
export async function openKeys(account: string): Promise<void> {
  become({ at: "opening" });
  const held = (await tables.get(OWNERS, account).catch(() => undefined)) as HeldOwner | undefined;
  become(held === undefined ? { at: "none" } : { at: "held", held, openUntil: null });
}

/** Whoever comes next opens nothing of whom was here. */
export async function closeKeys(): Promise<void> {
  asking?.refuse();
  if (loaded !== undefined) (await loaded).lock();
  become({ at: "opening" });
}

interface Brought {
  wallet?: Uint8Array;
  lookupKey?: Uint8Array;
}

async function hold(account: string, fingerprint: string, userId: string, brought: Brought, savedAt: number | null) {
  const [ring, { openOwner, sealOwner }] = await Promise.all([keyring(), import("@cairn/owner/browser/owner-secrets")]);
  const secrets = await sealOwner(ring.use(fingerprint), brought);
  const opened = await openOwner(() => ring.use(fingerprint), secrets);
  const held: HeldOwner = {
    ...{ account, fingerprint, userId, address: opened.signer.address, savedAt },
    ...secrets,
  };
  await tables.change([{ table: OWNERS, key: account, put: held }]);
  void navigator.storage?.persist?.();
  lookupKey = opened.lookupKey;
  minutes = NEW_KEY_MINUTES;
  become({ at: "held", held, openUntil: Date.now() + minutes * 60_000 });
}

/** A new key and wallet. @throws CairnError `wrong-passphrase` for a passphrase that is too short */
export async function makeKey(account: string, of: { name: string; email?: string; passphrase: string }) {
  const { fingerprint, userIds } = await (await keyring()).make(of);
  await hold(account, fingerprint, userIds[0] ?? "", {}, null);
}

/**
 * A key that there is: an OpenPGP secret key, armoured or binary, to which a new wallet is made; or a file of `cairn key export`, which has the wallet, too.
 * @throws CairnError `key-unusable`, `bad-account-file`, `wrong-passphrase`
 */
export async function importKey(account: string, bytes: Uint8Array, passphrase: string): Promise<void> {
  const text = textOf(bytes);
  const ring = await keyring();
  if (text?.trimStart().startsWith("{")) {
    const [{ readAccountFile }, { fromHex }, { fromBase64 }] = await Promise.all([
      import("@cairn/owner/account-file"),
      import("@cairn/protocol/hex"),
      import("@cairn/protocol/wire/base64"),
    ]);
    const secrets = await readAccountFile(text, passphrase);
    const { fingerprint, userIds } = await ring.import(secrets.openpgp, passphrase);
    const brought = { wallet: fromHex(secrets.wallet), lookupKey: fromBase64(secrets.lookupKey) };
    await hold(account, fingerprint, userIds[0] ?? "", brought, Date.now());
    if (secrets.phrase !== undefined) {
      const { wallet, bundleKey } = secrets.phrase;
      await keepPhrase({ wallet, bundleKey: fromBase64(bundleKey) });
    }
    return;
  }
  const armored = text !== undefined && /-----BEGIN PGP/.test(text);
  const { fingerprint, userIds } = await ring.import(armored ? text : bytes, passphrase);
  await hold(account, fingerprint, userIds[0] ?? "", {}, null);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function required(): HeldOwner {
  if (state.at === "held") return state.held;
  throw new CairnError("this browser has no key yet", {
    code: "no-account",
    kind: "missing",
    next: "Make one, or import yours.",
  });
}

/** @throws CairnError `wrong-passphrase` */
async function unlock(passphrase: string): Promise<void> {
  const held = required();
  const [ring, { openSecret }] = await Promise.all([keyring(), import("@cairn/archive/browser")]);
  minutes = lockMinutes();
  const key = await ring.unlock(held.fingerprint, passphrase, minutes);
  lookupKey = await openSecret(key, held.lookupKey);
  become({ at: "held", held, openUntil: Date.now() + minutes * 60_000 });
}

export async function lock(): Promise<void> {
  const held = required();
  (await keyring()).lock(held.fingerprint);
}

/** The key, its minutes begun anew; undefined while it is locked. */
async function openKeyNow(): Promise<AccountKey | undefined> {
  const held = required();
  const ring = await keyring();
  if (!ring.isOpen(held.fingerprint)) return undefined;
  const key = ring.use(held.fingerprint);
  become({ at: "held", held, openUntil: Date.now() + minutes * 60_000 });
  return key;
}

/** Work that goes on is use: the key stays open for it. */
export async function keepOpen(): Promise<void> {
  if (state.at === "held" && state.openUntil !== null) await openKeyNow();
}

/** One question at a time, for all that waits. */
let asked: Promise<void> | undefined;

function ask(why: string): Promise<void> {
  asked ??= new Promise<void>((resolve, reject) => {
    asking = {
      why,
      async answer(passphrase) {
        await unlock(passphrase);
        asking = undefined;
        asked = undefined;
        resolve();
        become(state);
      },
      refuse() {
        asking = undefined;
        asked = undefined;
        reject(
          new CairnError("the key stays locked", {
            code: "key-locked",
            kind: "auth",
            next: "Unlock it with its passphrase to go on.",
          }),
        );
        become(state);
      },
    };
    become(state);
  });
  return asked;
}

/** @param why read by who is asked for the passphrase */
async function opened(why: string): Promise<AccountKey> {
  for (;;) {
    const key = await openKeyNow();
    if (key !== undefined) return key;
    await ask(why);
  }
}

/** The owner, unlocked; asks for the passphrase where that is needed, also later, when it was locked meanwhile. @throws CairnError `key-locked`, `no-account` */
export async function openOwner(why: string): Promise<Owner> {
  const { address, wallet } = required();
  await opened(why);
  if (lookupKey === undefined) throw new Error("an open key has no names");
  return {
    // A copy: it is wiped when the key is locked, and what is under way goes on.
    lookupKey: lookupKey.slice(),
    openKey: () => opened(why),
    signer: {
      address,
      async sign(type, message, context) {
        const [{ openSecret }, { toHex }, { walletSigner }] = await Promise.all([
          import("@cairn/archive/browser"),
          import("@cairn/protocol/hex"),
          import("@cairn/owner/wallet-signer"),
        ]);
        const secret = await openSecret(await opened(why), wallet);
        try {
          return await walletSigner(toHex(secret)).sign(type, message, context);
        } finally {
          secret.fill(0);
        }
      },
    },
  };
}

async function amend(change: Partial<HeldOwner>): Promise<void> {
  if (state.at !== "held") return;
  const held = { ...state.held, ...change };
  await tables.change([{ table: OWNERS, key: held.account, put: held }]);
  become({ ...state, held });
}

/** @param keys of the phrase that was made last: another takes its place. The key must be open */
export async function keepPhrase({ wallet, bundleKey }: PhraseKeys): Promise<void> {
  const [{ sealSecret }, { fromHex }] = await Promise.all([
    import("@cairn/archive/browser"),
    import("@cairn/protocol/hex"),
  ]);
  const secret = new Uint8Array(64);
  secret.set(fromHex(wallet));
  secret.set(bundleKey, 32);
  await amend({ phrase: await sealSecret(await opened(""), secret) });
  secret.fill(0);
}

/** Of the phrase that was made here, or came with the key; undefined without one. @throws CairnError `key-locked` */
export async function phraseKeys(why: string): Promise<PhraseKeys | undefined> {
  const { phrase } = required();
  if (phrase === undefined) return undefined;
  const [{ openSecret }, { toHex }] = await Promise.all([
    import("@cairn/archive/browser"),
    import("@cairn/protocol/hex"),
  ]);
  const secret = await openSecret(await opened(why), phrase);
  return { wallet: toHex(secret.subarray(0, 32)), bundleKey: secret.slice(32) };
}

/** All that makes this owner, in the clear: it leaves this page encrypted, or not at all. @throws CairnError `key-locked` */
export async function ownerSecrets(why: string): Promise<AccountSecrets> {
  const held = required();
  const key = await opened(why);
  const [{ exportAccountKey, openSecret }, { toHex }, { toBase64 }] = await Promise.all([
    import("@cairn/archive/browser"),
    import("@cairn/protocol/hex"),
    import("@cairn/protocol/wire/base64"),
  ]);
  const phrase = await phraseKeys(why);
  return {
    openpgp: await exportAccountKey(key),
    wallet: toHex(await openSecret(key, held.wallet)),
    lookupKey: toBase64(await openSecret(key, held.lookupKey)),
    ...(phrase === undefined ? {} : { phrase: { wallet: phrase.wallet, bundleKey: toBase64(phrase.bundleKey) } }),
  };
}

/** All of it in one file under a passphrase, as `cairn key import` reads it. */
export async function exportFile(passphrase: string, network?: { chainId: number; deals: string }): Promise<string> {
  const [{ writeAccountFile }, secrets] = await Promise.all([import("@cairn/owner/account-file"), ownerSecrets("")]);
  const known = network === undefined ? {} : { network: { ...network, deals: network.deals as `0x${string}` } };
  const text = await writeAccountFile({ ...secrets, ...known }, passphrase);
  await amend({ savedAt: Date.now() });
  return text;
}

/** The OpenPGP secret key alone, armoured, under its passphrase. */
export async function privateKey(): Promise<string> {
  const { fingerprint } = required();
  const kept = (await (await keyring()).list()).find((one) => one.fingerprint === fingerprint);
  if (kept === undefined) throw new Error("the key is not kept");
  return kept.privateKey;
}

export async function revocationCertificate(why: string): Promise<string> {
  const { fingerprint } = required();
  await opened(why);
  return (await keyring()).revocationCertificate(fingerprint);
}

/** From this browser. */
export async function forgetKey(): Promise<void> {
  const { account, fingerprint } = required();
  await (await keyring()).forget(fingerprint);
  await tables.change([{ table: OWNERS, delete: account }]);
  become({ at: "none" });
}
