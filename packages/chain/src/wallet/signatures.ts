import { type Address, CairnError, type Hex } from "@cairn/core";
import { addressOfPublicKey, keyBytes } from "./keys.ts";
import { type Crypto, crypto } from "./native.ts";

/** n / 2 of secp256k1: a larger s is the malleable twin, which OpenZeppelin's ECDSA refuses too (EIP-2). */
const HALF_ORDER = Buffer.from("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", "hex");

function badSignature(reason: string): CairnError {
  return new CairnError(`bad signature: ${reason}`, { code: "bad-signature", kind: "auth", details: { reason } });
}

/** r ‖ s ‖ v over a 32-byte digest, v 27 or 28, low s; throws `bad-key`. */
export function signDigest(digest: Uint8Array, privateKey: Hex, by: Crypto = crypto): Hex {
  const { signature, recovery } = by.sign(digest, keyBytes(privateKey));
  return `0x${Buffer.from(signature).toString("hex")}${(27 + recovery).toString(16)}`;
}

/**
 * Who signed a digest. Accepts just what the contracts accept: 65 bytes, v 27 or 28, s in the lower half.
 *
 * @throws CairnError `bad-signature`
 */
export function recoverDigest(digest: Uint8Array, signature: Hex, by: Crypto = crypto): Address {
  if (typeof signature !== "string" || !/^0x[0-9a-fA-F]{130}$/.test(signature))
    throw badSignature("not 65 bytes of hex");
  const bytes = Buffer.from(signature.slice(2), "hex");
  const v = bytes[64];
  if (v !== 27 && v !== 28) throw badSignature("v is neither 27 nor 28");
  if (bytes.compare(HALF_ORDER, 0, 32, 32, 64) > 0) throw badSignature("s is in the upper half");
  let publicKey: Uint8Array;
  try {
    publicKey = by.recover(bytes.subarray(0, 64), v - 27, digest);
  } catch (error) {
    throw badSignature((error as Error).message);
  }
  return addressOfPublicKey(publicKey);
}
