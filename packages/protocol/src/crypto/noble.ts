import { secp256k1 } from "@noble/curves/secp256k1";
import { sha256 } from "@noble/hashes/sha2";
import { keccak_256 } from "@noble/hashes/sha3";
import type { Crypto } from "./crypto.ts";

/** In JavaScript alone: for browsers. */
export const crypto: Crypto = {
  native: { keccak: false, curve: false },
  sha256,
  keccak: keccak_256,
  publicKey: (key) => secp256k1.getPublicKey(key, false),
  sign(digest, key) {
    const signature = secp256k1.sign(digest, key, { lowS: true, prehash: false });
    return { signature: signature.toCompactRawBytes(), recovery: signature.recovery };
  },
  recover: (signature, recovery, digest) =>
    secp256k1.Signature.fromCompact(signature).addRecoveryBit(recovery).recoverPublicKey(digest).toRawBytes(false),
};
