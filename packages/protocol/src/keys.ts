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

/** The 32 bytes of a private key; throws `bad-key` without repeating it. */
export function keyBytes(privateKey: Hex): Uint8Array {
  if (typeof privateKey !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(privateKey)) throw badKey();
  const value = BigInt(privateKey);
  if (value === 0n || value >= CURVE_ORDER) throw badKey();
  return fromHex(privateKey);
}

/** The last 20 bytes of the hash of an uncompressed public key, lower-case. */
export function addressOfPublicKey(publicKey: Uint8Array): Address {
  return toHex(crypto.keccak(publicKey.subarray(1)).subarray(12));
}

/** Lower-case address of a private key; throws `bad-key`. */
export function addressOfKey(privateKey: Hex): Address {
  return addressOfPublicKey(crypto.publicKey(keyBytes(privateKey)));
}
