import { crypto } from "#crypto";
import { CairnError } from "./errors.ts";
import { fromHex, toHex } from "./hex.ts";
import type { Address, Hex } from "./words.ts";

/** n of secp256k1 (SEC 2, 2.4.1): private keys are 1 … n − 1. */
export const CURVE_ORDER = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n;

function badKey(): CairnError {
  return new CairnError("this is not a private key", {
    code: "bad-key",
    kind: "input",
    next: "A private key is 0x and 64 hex digits, not zero and below the order of the curve.",
  });
}

/** A private key in hexadecimal, or its 32 bytes, which can be overwritten after use. */
export type PrivateKey = Hex | Uint8Array;

/** The 32 bytes of a private key, those that were given where it is bytes; throws `bad-key` without repeating it. */
export function keyBytes(privateKey: PrivateKey): Uint8Array {
  if (privateKey instanceof Uint8Array) {
    if (privateKey.length !== 32 || !isInRange(privateKey)) throw badKey();
    return privateKey;
  }
  if (typeof privateKey !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(privateKey)) throw badKey();
  const value = BigInt(privateKey);
  if (value === 0n || value >= CURVE_ORDER) throw badKey();
  return fromHex(privateKey);
}

const ORDER_BYTES = fromHex(`0x${CURVE_ORDER.toString(16)}`);

/** 1 … n − 1, compared byte by byte: no text and no number is made of the key. */
function isInRange(key: Uint8Array): boolean {
  if (key.every((byte) => byte === 0)) return false;
  const at = key.findIndex((byte, i) => byte !== ORDER_BYTES[i]);
  return at >= 0 && (key[at] ?? 0) < (ORDER_BYTES[at] ?? 0);
}

/** The last 20 bytes of the hash of an uncompressed public key, lower-case. */
export function addressOfPublicKey(publicKey: Uint8Array): Address {
  return toHex(crypto.keccak(publicKey.subarray(1)).subarray(12));
}

/** Lower-case address of a private key; throws `bad-key`. */
export function addressOfKey(privateKey: PrivateKey): Address {
  return addressOfPublicKey(crypto.publicKey(keyBytes(privateKey)));
}
