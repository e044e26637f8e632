import { createRequire } from "node:module";
import { pureKeccak } from "@cairn/core";
import { secp256k1 } from "@noble/curves/secp256k1";

interface NativeSecp256k1 {
  publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(digest: Uint8Array, key: Uint8Array): { signature: Uint8Array; recid: number };
  ecdsaRecover(signature: Uint8Array, recovery: number, digest: Uint8Array, compressed: boolean): Uint8Array;
}
type NativeKeccak = (algorithm: "keccak256") => { update(data: Buffer): { digest(): Buffer } };

/** The three curve operations and the hash, by the prebuilt addon or in JavaScript; both give the same bytes. */
export interface Crypto {
  kind: "native" | "pure";
  keccak(data: Uint8Array): Uint8Array;
  /** Uncompressed, 65 bytes; throws on a key outside [1, n). */
  publicKey(key: Uint8Array): Uint8Array;
  /** Low s, nonce by RFC 6979. */
  sign(digest: Uint8Array, key: Uint8Array): { signature: Uint8Array; recovery: number };
  /** Uncompressed, 65 bytes; throws when no key fits. */
  recover(signature: Uint8Array, recovery: number, digest: Uint8Array): Uint8Array;
}

export const pureCrypto: Crypto = {
  kind: "pure",
  keccak: pureKeccak,
  publicKey: (key) => secp256k1.getPublicKey(key, false),
  sign(digest, key) {
    const signature = secp256k1.sign(digest, key, { lowS: true, prehash: false });
    return { signature: signature.toCompactRawBytes(), recovery: signature.recovery };
  },
  recover: (signature, recovery, digest) =>
    secp256k1.Signature.fromCompact(signature).addRecoveryBit(recovery).recoverPublicKey(digest).toRawBytes(false),
};

function addon<T>(path: string): T | undefined {
  try {
    return createRequire(import.meta.url)(path) as T;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** The addons where the platform has prebuilt ones (not linux-arm64), JavaScript elsewhere. */
function bestCrypto(): Crypto {
  const secp = addon<NativeSecp256k1>("secp256k1/bindings.js");
  const hash = addon<NativeKeccak>("keccak/bindings.js");
  return {
    kind: secp && hash ? "native" : "pure",
    keccak: hash
      ? (data) =>
          hash("keccak256")
            .update(Buffer.from(data.buffer, data.byteOffset, data.length))
            .digest()
      : pureCrypto.keccak,
    publicKey: secp ? (key) => secp.publicKeyCreate(key, false) : pureCrypto.publicKey,
    sign: secp
      ? (digest, key) => {
          const { signature, recid } = secp.ecdsaSign(digest, key);
          return { signature, recovery: recid };
        }
      : pureCrypto.sign,
    recover: secp
      ? (signature, recovery, digest) => secp.ecdsaRecover(signature, recovery, digest, false)
      : pureCrypto.recover,
  };
}

export const crypto: Crypto = bestCrypto();
