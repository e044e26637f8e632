import {
  createCipheriv,
  createDecipheriv,
  pbkdf2,
  randomBytes,
  randomUUID,
  scrypt,
  timingSafeEqual,
} from "node:crypto";
import { promisify } from "node:util";
import { type Address, addressOfKey, CairnError, crypto, type Hex, keyBytes } from "@cairn/protocol";

/** Web3 Secret Storage, version 3: what geth, MetaMask and others import and export. */
export interface Keystore {
  version: 3;
  id: string;
  /** 40 hex digits without prefix. */
  address: string;
  crypto: {
    cipher: "aes-128-ctr";
    cipherparams: { iv: string };
    ciphertext: string;
    kdf: "scrypt" | "pbkdf2";
    kdfparams: Record<string, unknown>;
    mac: string;
  };
}

export interface KeystoreOptions {
  /** scrypt's cost, a power of two; 2¹⁷ (the standard, 128 MiB, 0.4 s) unless set. */
  n?: number;
}

const DEFAULT_N = 2 ** 17;
const R = 8;
const P = 1;
/** What a stranger's keystore may make us spend: 1 GiB of memory, and about half a minute. */
const MAX_SCRYPT_MEMORY = 2 ** 30;
const MAX_SCRYPT_P = 16;
const MAX_PBKDF2_ROUNDS = 10_000_000;

const scryptKey = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
);
const pbkdf2Key = promisify(pbkdf2);

function badKeystore(reason: string): CairnError {
  return new CairnError(`this is not a keystore that can be opened: ${reason}`, {
    code: "bad-keystore",
    kind: "input",
    details: { reason },
    next: "Use a version 3 keystore (scrypt or pbkdf2, aes-128-ctr).",
  });
}

function deriveByScrypt(passphrase: string, salt: Buffer, n: number, r: number, p: number): Promise<Buffer> {
  return scryptKey(passphrase.normalize("NFKC"), salt, 32, { N: n, r, p, maxmem: 128 * n * r + 128 * r * p + 2 ** 20 });
}

function macOf(derived: Buffer, ciphertext: Buffer): Buffer {
  return Buffer.from(crypto.keccak(Buffer.concat([derived.subarray(16, 32), ciphertext])));
}

/**
 * Encrypt a private key under a passphrase.
 *
 * @throws CairnError `bad-key`
 */
export async function encryptKey(
  privateKey: Hex,
  passphrase: string,
  options: KeystoreOptions = {},
): Promise<Keystore> {
  const n = options.n ?? DEFAULT_N;
  const key = keyBytes(privateKey);
  const salt = randomBytes(32);
  const iv = randomBytes(16);
  const derived = await deriveByScrypt(passphrase, salt, n, R, P);
  const cipher = createCipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(key), cipher.final()]);
  return {
    version: 3,
    id: randomUUID(),
    address: addressOfKey(privateKey).slice(2),
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: iv.toString("hex") },
      ciphertext: ciphertext.toString("hex"),
      kdf: "scrypt",
      kdfparams: { dklen: 32, n, r: R, p: P, salt: salt.toString("hex") },
      mac: macOf(derived, ciphertext).toString("hex"),
    },
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function hexField(value: unknown, name: string, minimum: number, maximum: number): Buffer {
  if (typeof value !== "string" || !/^([0-9a-fA-F]{2})*$/.test(value)) throw badKeystore(`${name} is not hex`);
  if (value.length < 2 * minimum || value.length > 2 * maximum) throw badKeystore(`${name} has a wrong length`);
  return Buffer.from(value, "hex");
}

function positive(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw badKeystore(`${name} is not a positive integer`);
  return value as number;
}

function derive(kdf: unknown, params: Record<string, unknown>, passphrase: string): Promise<Buffer> {
  const salt = hexField(params.salt, "salt", 1, 64);
  if (params.dklen !== 32) throw badKeystore("dklen is not 32");
  if (kdf === "scrypt") {
    const n = positive(params.n, "n");
    const r = positive(params.r, "r");
    const p = positive(params.p, "p");
    if (n < 2 || (n & (n - 1)) !== 0 || n > 2 ** 30) throw badKeystore("n is not a power of two");
    // RFC 7914, 2; OpenSSL holds to it, some old keystores do not.
    if (Math.log2(n) >= 16 * r) throw badKeystore("its r is too small for its n");
    if (128 * n * r > MAX_SCRYPT_MEMORY || p > MAX_SCRYPT_P) throw badKeystore("its key derivation costs too much");
    return deriveByScrypt(passphrase, salt, n, r, p);
  }
  if (kdf === "pbkdf2") {
    if (params.prf !== "hmac-sha256") throw badKeystore("prf is not hmac-sha256");
    const rounds = positive(params.c, "c");
    if (rounds > MAX_PBKDF2_ROUNDS) throw badKeystore("its key derivation costs too much");
    return pbkdf2Key(passphrase.normalize("NFKC"), salt, rounds, 32, "sha256");
  }
  throw badKeystore("its kdf is neither scrypt nor pbkdf2");
}

/**
 * The private key in a keystore, which may come from anywhere: parameters that cost more than 1 GiB are refused before they are tried.
 *
 * @throws CairnError `bad-keystore`, `wrong-passphrase`
 */
export async function decryptKey(keystore: unknown, passphrase: string): Promise<Hex> {
  const { version, crypto: body, address } = record(keystore);
  if (version !== 3) throw badKeystore("version is not 3");
  const parts = record(body);
  if (parts.cipher !== "aes-128-ctr") throw badKeystore("cipher is not aes-128-ctr");
  const iv = hexField(record(parts.cipherparams).iv, "iv", 16, 16);
  const ciphertext = hexField(parts.ciphertext, "ciphertext", 1, 32);
  const mac = hexField(parts.mac, "mac", 32, 32);
  const derived = await derive(parts.kdf, record(parts.kdfparams), passphrase);
  if (!timingSafeEqual(macOf(derived, ciphertext), mac)) {
    throw new CairnError("the passphrase does not open this keystore", {
      code: "wrong-passphrase",
      kind: "auth",
      next: "Try again; without the passphrase the key cannot be had.",
    });
  }
  const decipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  const plain = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  // Early geth left out leading zeros.
  const key: Hex = `0x${plain.toString("hex").padStart(64, "0")}`;
  const owner: Address = addressOfKey(key);
  if (address !== undefined && String(address).toLowerCase().replace(/^0x/, "") !== owner.slice(2)) {
    throw badKeystore("its key belongs to another address than it says");
  }
  return key;
}
