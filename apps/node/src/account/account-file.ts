import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import type { Address, Hex } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";

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
}

export interface KnownNetwork {
  chainId: number;
  /** Address of StorageDeals. */
  deals: Address;
}

const FORMAT = "cairn-account-1";
const KDF = { N: 2 ** 17, r: 8, p: 1 };
const derive = promisify<string, Buffer, number, typeof KDF & { maxmem: number }, Buffer>(scrypt);

const notAnAccount = (why: string) =>
  new CairnError(`this is not a Cairn account file: ${why}`, {
    code: "bad-account-file",
    kind: "input",
    next: "Give a file that `cairn key export` wrote.",
  });

/** Write the secrets as text, encrypted with scrypt and AES-256-GCM when a passphrase is given. */
export async function writeAccountFile(secrets: AccountSecrets, passphrase?: string): Promise<string> {
  if (passphrase === undefined) return `${JSON.stringify({ format: FORMAT, ...secrets }, null, 2)}\n`;
  const salt = randomBytes(32);
  const nonce = randomBytes(12);
  const key = await derive(passphrase, salt, 32, { ...KDF, maxmem: 256 * 1024 * 1024 });
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(FORMAT));
  const body = Buffer.concat([cipher.update(JSON.stringify(secrets)), cipher.final(), cipher.getAuthTag()]);
  const encrypted = {
    kdf: "scrypt",
    ...KDF,
    salt: salt.toString("base64"),
    nonce: nonce.toString("base64"),
    body: body.toString("base64"),
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
  const bytes = Buffer.from(body, "base64");
  const key = await derive(passphrase, Buffer.from(salt, "base64"), 32, { ...KDF, maxmem: 256 * 1024 * 1024 });
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
    decipher.setAAD(Buffer.from(FORMAT));
    decipher.setAuthTag(bytes.subarray(-16));
    const plain = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
    return checkSecrets(JSON.parse(plain.toString("utf8")));
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
  if (typeof lookupKey !== "string" || Buffer.from(lookupKey, "base64").length !== 32) {
    throw notAnAccount("no look-up key");
  }
  return { openpgp, wallet: wallet as Hex, lookupKey, ...checkNetwork(value.network) };
}

function checkNetwork(value: unknown): { network?: KnownNetwork } {
  if (value === undefined) return {};
  const { chainId, deals } = (value ?? {}) as Record<string, unknown>;
  if (!Number.isSafeInteger(chainId) || typeof deals !== "string" || !/^0x[0-9a-f]{40}$/.test(deals)) {
    throw notAnAccount("what it says of its network is incomplete");
  }
  return { network: { chainId: chainId as number, deals: deals as Address } };
}
