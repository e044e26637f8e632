import type { Address, Hex } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import { openWith } from "@cairn/protocol/spellings";
import { fromBase64, toBase64 } from "@cairn/protocol/wire/base64";

/** Everything that makes an owner, in one file: whoever has it can read, spend and remove. */
export interface AccountSecrets {
  /** Armored OpenPGP private key. */
  openpgp: string;
  /** secp256k1 private key of the wallet that owns packages on chain. */
  wallet: Hex;
  /** 32 bytes, base64: keys the name look-up and the labels. */
  lookupKey: string;
  /** Where the account's packages are, so that they can be found again with this file alone. */
  network?: KnownNetwork;
  /** What follows from the account's recovery phrase, of which the words are kept nowhere. */
  phrase?: PhraseSecrets;
}

export interface PhraseSecrets {
  /** secp256k1 private key of the wallet that owns the recovery bundles. */
  wallet: Hex;
  /** 32 bytes, base64: what they are encrypted under. */
  bundleKey: string;
  /** Seconds since 1970, when the words were on paper; missing until then. */
  writtenAt?: number;
  /** Earlier phrases whose bundles have not ended yet. */
  earlier?: readonly { wallet: Hex; bundleKey: string }[];
}

export interface KnownNetwork {
  chainId: number;
  /** Address of StorageDeals. */
  deals: Address;
}

const FORMAT = "cairn-account-1";
const KDF = { N: 2 ** 17, r: 8, p: 1 };
const KEY_BYTES = 32;
const utf8 = new TextEncoder();

const notAnAccount = (why: string) =>
  new CairnError(`this is not a Cairn account file: ${why}`, {
    code: "bad-account-file",
    kind: "input",
    next: "Give a file that `cairn key export` wrote.",
  });

/** Write the secrets as text, encrypted with scrypt and AES-256-GCM when a passphrase is given. */
export async function writeAccountFile(secrets: AccountSecrets, passphrase?: string): Promise<string> {
  if (passphrase === undefined) return `${JSON.stringify({ format: FORMAT, ...secrets }, null, 2)}\n`;
  const { crypto } = await import("@cairn/archive/crypto");
  const salt = crypto.randomBytes(32);
  const nonce = crypto.randomBytes(12);
  const key = await crypto.scrypt(utf8.encode(passphrase), salt, KDF, KEY_BYTES);
  const plain = utf8.encode(JSON.stringify(secrets));
  const body = crypto.encryptGcm({ key, nonce, aad: utf8.encode(FORMAT) }, plain);
  const encrypted = {
    kdf: "scrypt",
    ...KDF,
    ...{ salt: toBase64(salt), nonce: toBase64(nonce), body: toBase64(body) },
  };
  return `${JSON.stringify({ format: FORMAT, encrypted }, null, 2)}\n`;
}

/** Read an account file; throws `bad-account-file`, `passphrase-needed` or `wrong-passphrase`. */
export async function readAccountFile(text: string, passphrase?: string): Promise<AccountSecrets> {
  let file: Record<string, unknown>;
  try {
    file = JSON.parse(text);
  } catch {
    throw notAnAccount("it is not JSON");
  }
  if (file?.format !== FORMAT) throw notAnAccount(`its format is not ${FORMAT}`);
  if (file.encrypted === undefined) return checkSecrets(file);
  if (passphrase === undefined) {
    throw new CairnError("the account file is encrypted with a passphrase", {
      code: "passphrase-needed",
      kind: "auth",
      next: "Set CAIRN_PASSPHRASE, or name a file that holds it with --passphrase-file.",
    });
  }
  const { salt, nonce, body } = file.encrypted as Record<string, unknown>;
  if (typeof salt !== "string" || typeof nonce !== "string" || typeof body !== "string") {
    throw notAnAccount("its encrypted part is incomplete");
  }
  const { crypto } = await import("@cairn/archive/crypto");
  const [bytes, salted, once] = [body, salt, nonce].map(bytesOf) as [Uint8Array, Uint8Array, Uint8Array];
  try {
    return await openWith(passphrase, async (spelling) => {
      const key = await crypto.scrypt(utf8.encode(spelling), salted, KDF, KEY_BYTES);
      const plain = crypto.decryptGcm({ key, nonce: once, aad: utf8.encode(FORMAT) }, bytes);
      return checkSecrets(JSON.parse(new TextDecoder().decode(plain)));
    });
  } catch (cause) {
    if (cause instanceof CairnError) throw cause;
    throw new CairnError("the passphrase does not open this account file", {
      code: "wrong-passphrase",
      kind: "auth",
      next: "Try again with the passphrase that it was exported with.",
    });
  }
}

function checkSecrets(value: Record<string, unknown>): AccountSecrets {
  const { openpgp, wallet, lookupKey } = value;
  if (typeof openpgp !== "string" || !openpgp.includes("PRIVATE KEY BLOCK"))
    throw notAnAccount("no OpenPGP private key");
  if (typeof wallet !== "string" || !/^0x[0-9a-f]{64}$/.test(wallet)) throw notAnAccount("no wallet key");
  if (typeof lookupKey !== "string" || bytesOf(lookupKey).length !== 32) {
    throw notAnAccount("no look-up key");
  }
  return { openpgp, wallet: wallet as Hex, lookupKey, ...checkNetwork(value.network), ...checkPhrase(value.phrase) };
}

function checkPhrase(value: unknown): { phrase?: PhraseSecrets } {
  if (value === undefined) return {};
  const { writtenAt, earlier = [] } = (value ?? {}) as Record<string, unknown>;
  if (!Array.isArray(earlier) || !(writtenAt === undefined || Number.isSafeInteger(writtenAt))) throw halfPhrase();
  return {
    phrase: {
      ...checkPhraseKeys(value),
      ...(writtenAt === undefined ? {} : { writtenAt: writtenAt as number }),
      ...(earlier.length === 0 ? {} : { earlier: earlier.map(checkPhraseKeys) }),
    },
  };
}

function checkPhraseKeys(value: unknown): { wallet: Hex; bundleKey: string } {
  const { wallet, bundleKey } = (value ?? {}) as Record<string, unknown>;
  const isWhole =
    typeof wallet === "string" &&
    /^0x[0-9a-f]{64}$/.test(wallet) &&
    typeof bundleKey === "string" &&
    /^[A-Za-z0-9+/]{43}=$/.test(bundleKey);
  if (!isWhole) throw halfPhrase();
  return { wallet: wallet as Hex, bundleKey };
}

const halfPhrase = () => notAnAccount("what it has of the recovery phrase is incomplete");

function checkNetwork(value: unknown): { network?: KnownNetwork } {
  if (value === undefined) return {};
  const { chainId, deals } = (value ?? {}) as Record<string, unknown>;
  if (!Number.isSafeInteger(chainId) || typeof deals !== "string" || !/^0x[0-9a-f]{40}$/.test(deals)) {
    throw notAnAccount("what it says of its network is incomplete");
  }
  return { network: { chainId: chainId as number, deals: deals as Address } };
}

function bytesOf(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch {
    throw notAnAccount("its encrypted part is damaged");
  }
}
