import type { AccountKey } from "@cairn/archive/browser";
import type { AccountSecrets } from "@cairn/owner/account-file";
import type { Keyring } from "@cairn/owner/browser/keyring";
import type { HeldPhrase } from "@cairn/owner/phrase/create-phrase";
import type { Owner } from "@cairn/owner/ports";
import { CairnError } from "@cairn/protocol/errors";
import { onLeave, store } from "../store.ts";
import {
  addOwner,
  amendOwner,
  type HeldOwner,
  keyExists,
  onOwnerElsewhere,
  ownerOf,
  removeOwner,
} from "./owner-rows.ts";

export type { HeldOwner } from "./owner-rows.ts";

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

const MINUTES_KEY = "cairn-lock-minutes";
export const MINUTES = [5, 15, 60, 240] as const;
const DEFAULT_MINUTES = 15;

const states = store<KeysState>({ at: "opening" });
const askings = store<Asking | undefined>(undefined);
let lookupKey: Uint8Array | undefined;
let minutes = 0;
let loaded: Promise<Keyring> | undefined;
/** The account that is logged in. */
let ofAccount: string | undefined;

const become = states.set;
/** Calls `listener` whenever the key is opened, locked, held or forgotten. @returns what ends it */
export const onKeys = states.subscribe;
export const keysState = states.get;
export const useKeysState = states.use;
export const useAsking = askings.use;

/** OpenPGP comes with it, which is much: it is loaded when a key is made or opened. */
function keyring(): Promise<Keyring> {
  loaded ??= import("@cairn/owner/browser/keyring").then(({ Keyring }) => new Keyring(locked));
  return loaded;
}

function locked(fingerprint: string): void {
  const state = states.get();
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
}

/** Who owns what this account puts from this browser; locked at first. */
export async function openKeys(account: string): Promise<void> {
  ofAccount = account;
  become({ at: "opening" });
  await look(account);
}

/** The account's owner as this browser has it now; one that is open stays so while it is the same. */
async function look(account: string): Promise<void> {
  const held = await ownerOf(account).catch(() => undefined);
  const before = states.get();
  if (ofAccount !== account) return;
  const isSame = before.at === "held" && before.held.fingerprint === held?.fingerprint;
  if (before.at === "held" && !isSame) (await loaded)?.lock(before.held.fingerprint);
  if (held === undefined) become({ at: "none" });
  else become({ at: "held", held, openUntil: isSame ? before.openUntil : null });
}

// Another tab made, amended or removed it.
onOwnerElsewhere((account) => void (account === ofAccount && look(account)));

/** Whoever comes next opens nothing of whom was here. */
onLeave(() => {
  ofAccount = undefined;
  askings.get()?.refuse();
  void loaded?.then((ring) => ring.lock());
  lookupKey?.fill(0);
  lookupKey = undefined;
  become({ at: "opening" });
});

/** @throws CairnError `key-exists`: asked before a key is made, and again when it is kept */
export async function requireNone(account: string): Promise<void> {
  if ((await ownerOf(account)) === undefined) return;
  await look(account);
  throw keyExists();
}

interface Brought {
  wallet?: Uint8Array;
  lookupKey?: Uint8Array;
}

async function hold(account: string, fingerprint: string, userId: string, brought: Brought, savedAt: number | null) {
  const [ring, { openOwner, encryptOwner }] = await Promise.all([
    keyring(),
    import("@cairn/owner/browser/owner-secrets"),
  ]);
  const secrets = await encryptOwner(ring.use(fingerprint), brought);
  const opened = await openOwner(() => ring.use(fingerprint), secrets);
  const held: HeldOwner = {
    ...{ account, fingerprint, userId, address: opened.signer.address, savedAt },
    ...secrets,
  };
  try {
    await addOwner(held);
  } catch (error) {
    // Another tab was first. Its key may be the same one, brought to both.
    if ((await ownerOf(account))?.fingerprint === fingerprint) ring.lock(fingerprint);
    else await ring.forget(fingerprint);
    await look(account);
    throw error;
  }
  void navigator.storage?.persist?.();
  lookupKey = opened.lookupKey;
  become({ at: "held", held, openUntil: Date.now() + minutes * 60_000 });
}

/** A new key and wallet. @throws CairnError `wrong-passphrase` for a passphrase that is too short, `key-exists` */
export async function makeKey(account: string, of: { name: string; email?: string; passphrase: string }) {
  await requireNone(account);
  minutes = lockMinutes();
  const { fingerprint, userIds } = await (await keyring()).make(of, minutes);
  await hold(account, fingerprint, userIds[0] ?? "", {}, null);
}

/**
 * A key that there is: an OpenPGP secret key, armoured or binary, to which a new wallet is made; or a file of `cairn key export`, which has the wallet, too.
 * @throws CairnError `key-unusable`, `bad-account-file`, `wrong-passphrase`, `key-exists`
 */
export async function importKey(account: string, bytes: Uint8Array, passphrase: string): Promise<void> {
  await requireNone(account);
  const text = textOf(bytes);
  const ring = await keyring();
  minutes = lockMinutes();
  if (text?.trimStart().startsWith("{")) {
    const { readAccountFile } = await import("@cairn/owner/account-file");
    return holdSecrets(account, await readAccountFile(text, passphrase), passphrase);
  }
  const armored = text !== undefined && /-----BEGIN PGP/.test(text);
  const { fingerprint, userIds } = await ring.import(armored ? text : bytes, passphrase, minutes);
  await hold(account, fingerprint, userIds[0] ?? "", {}, null);
}

/**
 * All that makes an owner, from a copy of it that is kept elsewhere.
 * @param passphrase what the key shall have in this browser
 * @throws CairnError `key-unusable`, `wrong-passphrase` where it is too short, `key-exists`
 */
export async function holdSecrets(account: string, secrets: AccountSecrets, passphrase: string): Promise<void> {
  const [ring, { fromHex }, { fromBase64 }] = await Promise.all([
    keyring(),
    import("@cairn/protocol/hex"),
    import("@cairn/protocol/wire/base64"),
  ]);
  minutes = lockMinutes();
  const { fingerprint, userIds } = await ring.import(secrets.openpgp, passphrase, minutes);
  const brought = { wallet: fromHex(secrets.wallet), lookupKey: fromBase64(secrets.lookupKey) };
  await hold(account, fingerprint, userIds[0] ?? "", brought, Date.now());
  if (secrets.phrase === undefined) return;
  const { phraseFromSecrets } = await import("@cairn/owner/phrase/create-phrase");
  await keepPhrase(phraseFromSecrets(secrets.phrase));
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function required(): HeldOwner {
  const state = states.get();
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
  const [ring, { decryptSecret }] = await Promise.all([keyring(), import("@cairn/archive/browser")]);
  minutes = lockMinutes();
  const key = await ring.unlock(held.fingerprint, passphrase, minutes);
  const names = await decryptSecret(key, held.lookupKey);
  // Whoever left meanwhile leaves no open key.
  if (ofAccount !== held.account) ring.lock();
  const now = required();
  lookupKey = names;
  become({ at: "held", held: now, openUntil: Date.now() + minutes * 60_000 });
}

export async function lock(): Promise<void> {
  const held = required();
  (await keyring()).lock(held.fingerprint);
}

export async function lockIfOpen(): Promise<void> {
  (await loaded)?.lock();
}

/**
 * Whether a person clicked or typed in this page within the last seconds (transient activation: HTML, 6.4.2). What is asked anew because something
 * happened, is nobody's use of the key.
 */
const isByPerson = (): boolean => navigator.userActivation?.isActive ?? true;

/** The key, undefined while it is locked. @param renews its minutes begin anew */
async function openKeyNow(renews = isByPerson()): Promise<AccountKey | undefined> {
  const { fingerprint } = required();
  const ring = await keyring();
  if (!ring.isOpen(fingerprint)) return undefined;
  const key = ring.use(fingerprint, renews);
  if (renews) become({ at: "held", held: required(), openUntil: Date.now() + minutes * 60_000 });
  return key;
}

/** Work that a person began and that goes on is use: the key stays open for it. */
export async function keepOpen(): Promise<void> {
  const state = states.get();
  if (state.at === "held" && state.openUntil !== null) await openKeyNow(true);
}

/** The open key's minutes begin anew where a person began what is asked for now. */
export async function renewByPerson(): Promise<void> {
  if (isByPerson()) await keepOpen();
}

/** One question at a time, for all that waits. */
let asked: Promise<void> | undefined;

function ask(why: string): Promise<void> {
  asked ??= new Promise<void>((resolve, reject) => {
    askings.set({
      why,
      async answer(passphrase) {
        await unlock(passphrase);
        asked = undefined;
        resolve();
        askings.set(undefined);
      },
      refuse() {
        asked = undefined;
        askings.set(undefined);
        reject(
          new CairnError("the key stays locked", {
            code: "key-locked",
            kind: "auth",
            next: "Unlock it with its passphrase to go on.",
          }),
        );
      },
    });
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
        const [{ decryptSecret }, { toHex }, { walletSigner }] = await Promise.all([
          import("@cairn/archive/browser"),
          import("@cairn/protocol/hex"),
          import("@cairn/owner/wallet-signer"),
        ]);
        const secret = await decryptSecret(await opened(why), wallet);
        try {
          return await walletSigner(toHex(secret)).sign(type, message, context);
        } finally {
          secret.fill(0);
        }
      },
    },
  };
}

/** A copy, while the key is open; undefined while it is locked. Asks for nothing. */
export const openLookupKey = (): Uint8Array | undefined => lookupKey?.slice();

async function amend(change: Partial<HeldOwner>): Promise<void> {
  const held = await amendOwner(required(), change);
  const state = states.get();
  if (state.at === "held" && state.held.fingerprint === held.fingerprint) become({ ...state, held });
}

/** Keep a phrase in the place of the one before. The key must be open. */
export async function keepPhrase(phrase: HeldPhrase): Promise<void> {
  const [{ encryptSecret }, { phraseToSecrets }] = await Promise.all([
    import("@cairn/archive/browser"),
    import("@cairn/owner/phrase/create-phrase"),
  ]);
  const secret = new TextEncoder().encode(JSON.stringify(phraseToSecrets(phrase)));
  await amend({
    phrase: await encryptSecret(await opened(""), secret),
    phraseWrittenAt: phrase.writtenAt ?? undefined,
    earlierPhrases: phrase.earlier.length,
  });
  secret.fill(0);
}

/** The phrase that was made here, or came with the key; undefined without one. @throws CairnError `key-locked` */
export async function heldPhrase(why: string): Promise<HeldPhrase | undefined> {
  if (required().phrase === undefined) return undefined;
  const key = await opened(why);
  // As another tab may have written it meanwhile.
  const { phrase } = (await ownerOf(required().account)) ?? required();
  if (phrase === undefined) return undefined;
  const [{ decryptSecret }, { phraseFromSecrets }, { toHex }] = await Promise.all([
    import("@cairn/archive/browser"),
    import("@cairn/owner/phrase/create-phrase"),
    import("@cairn/protocol/hex"),
  ]);
  const secret = await decryptSecret(key, phrase);
  // Versions before kept the two keys alone, and nothing of the paper.
  if (secret.length === 64) {
    return { wallet: toHex(secret.subarray(0, 32)), bundleKey: secret.slice(32), writtenAt: null, earlier: [] };
  }
  return phraseFromSecrets(JSON.parse(new TextDecoder().decode(secret)));
}

/** All that makes this owner, in the clear: it leaves this page encrypted, or not at all. @throws CairnError `key-locked` */
export async function ownerSecrets(why: string): Promise<AccountSecrets> {
  const held = required();
  const key = await opened(why);
  const [{ exportAccountKey, decryptSecret }, { toHex }, { toBase64 }] = await Promise.all([
    import("@cairn/archive/browser"),
    import("@cairn/protocol/hex"),
    import("@cairn/protocol/wire/base64"),
  ]);
  const [phrase, { phraseToSecrets }] = await Promise.all([
    heldPhrase(why),
    import("@cairn/owner/phrase/create-phrase"),
  ]);
  return {
    openpgp: await exportAccountKey(key),
    wallet: toHex(await decryptSecret(key, held.wallet)),
    lookupKey: toBase64(await decryptSecret(key, held.lookupKey)),
    ...(phrase === undefined ? {} : { phrase: phraseToSecrets(phrase) }),
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
  await removeOwner(account);
  become({ at: "none" });
}
