import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { keccak_256 } from "@noble/hashes/sha3";
import type { Crypto } from "./crypto.ts";

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
/** Loaded only where there is no addon: it costs every process some 20 ms. */
const noble = (): Crypto => (load("./noble.ts") as typeof import("./noble.ts")).crypto;

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
    sha256: (data) => createHash("sha256").update(data).digest(),
    keccak: Sponge
      ? (data) => {
          const sponge = new Sponge();
          // keccak256: a rate of 1,088 and a capacity of 512 bits.
          sponge.initialize(1088, 512);
          sponge.absorb(Buffer.from(data.buffer, data.byteOffset, data.length));
          return sponge.squeeze(32);
        }
      : keccak_256,
    publicKey: secp ? (key) => secp.publicKeyCreate(key, false) : (key) => noble().publicKey(key),
    sign: secp
      ? (digest, key) => {
          const { signature, recid } = secp.ecdsaSign(digest, key);
          return { signature, recovery: recid };
        }
      : (digest, key) => noble().sign(digest, key),
    recover: secp
      ? (signature, recovery, digest) => secp.ecdsaRecover(signature, recovery, digest, false)
      : (signature, recovery, digest) => noble().recover(signature, recovery, digest),
  };
}

export const crypto: Crypto = bestCrypto();
