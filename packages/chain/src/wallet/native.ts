import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pureKeccak } from "@cairn/core/typed-digest";

interface NativeSecp256k1 {
  publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(digest: Uint8Array, key: Uint8Array): { signature: Uint8Array; recid: number };
  ecdsaRecover(signature: Uint8Array, recovery: number, digest: Uint8Array, compressed: boolean): Uint8Array;
}
/** The sponge of the package keccak, without the stream around it. */
type KeccakState = new () => {
  initialize(rate: number, capacity: number): void;
  absorb(data: Buffer): void;
  squeeze(bytes: number): Buffer;
};

const load = createRequire(import.meta.url);
/** Loaded only where there is no addon. */
const curve = (): typeof import("@noble/curves/secp256k1")["secp256k1"] => load("@noble/curves/secp256k1").secp256k1;

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
  publicKey: (key) => curve().getPublicKey(key, false),
  sign(digest, key) {
    const signature = curve().sign(digest, key, { lowS: true, prehash: false });
    return { signature: signature.toCompactRawBytes(), recovery: signature.recovery };
  },
  recover: (signature, recovery, digest) =>
    curve().Signature.fromCompact(signature).addRecoveryBit(recovery).recoverPublicKey(digest).toRawBytes(false),
};

function addon<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** The addons where the platform has prebuilt ones (not linux-arm64), JavaScript elsewhere. */
function bestCrypto(): Crypto {
  const secp = addon(() => load("secp256k1/bindings.js") as NativeSecp256k1);
  const Sponge = addon(() => {
    const path = load.resolve("keccak/bindings.js");
    // Of keccak's own dependencies, not of ours.
    const loadAsKeccak = createRequire(path);
    return loadAsKeccak("node-gyp-build")(dirname(path)) as KeccakState;
  });
  return {
    kind: secp && Sponge ? "native" : "pure",
    keccak: Sponge
      ? (data) => {
          const sponge = new Sponge();
          // keccak256: a rate of 1,088 and a capacity of 512 bits.
          sponge.initialize(1088, 512);
          sponge.absorb(Buffer.from(data.buffer, data.byteOffset, data.length));
          return sponge.squeeze(32);
        }
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
