import { crypto } from "#crypto";
import type { Crypto } from "./crypto/crypto.ts";
import { CairnError } from "./errors.ts";
import { fromHex, toHex } from "./hex.ts";
import { addressOfPublicKey, keyBytes, type PrivateKey } from "./keys.ts";
import type { Address, Hex } from "./words.ts";

/** n / 2 of secp256k1: a larger s is the malleable twin, which OpenZeppelin's ECDSA refuses too (EIP-2). */
const HALF_ORDER = 0x7fff_ffff_ffff_ffff_ffff_ffff_ffff_ffff_5d57_6e73_57a4_501d_dfe9_2f46_681b_20a0n;

function badSignature(reason: string): CairnError {
  return new CairnError(`bad signature: ${reason}`, { code: "bad-signature", kind: "auth", details: { reason } });
}

/** r ‖ s ‖ v over a 32-byte digest, v 27 or 28, low s; throws `bad-key`. */
export function signDigest(digest: Uint8Array, privateKey: PrivateKey, by: Crypto = crypto): Hex {
  const { signature, recovery } = by.sign(digest, keyBytes(privateKey));
  return `${toHex(signature)}${(27 + recovery).toString(16)}`;
}

/**
 * Who signed a digest. Accepts just what the contracts accept: 65 bytes, v 27 or 28, s in the lower half.
 *
 * @throws CairnError `bad-signature`
 */
export function recoverDigest(digest: Uint8Array, signature: Hex, by: Crypto = crypto): Address {
  if (typeof signature !== "string" || !/^0x[0-9a-fA-F]{130}$/.test(signature))
    throw badSignature("not 65 bytes of hex");
  const bytes = fromHex(signature);
  const v = bytes[64];
  if (v !== 27 && v !== 28) throw badSignature("v is neither 27 nor 28");
  if (BigInt(`0x${signature.slice(66, 130)}`) > HALF_ORDER) throw badSignature("s is in the upper half");
  let publicKey: Uint8Array;
  try {
    publicKey = by.recover(bytes.subarray(0, 64), v - 27, digest);
  } catch (error) {
    throw badSignature((error as Error).message);
  }
  return addressOfPublicKey(publicKey);
}
