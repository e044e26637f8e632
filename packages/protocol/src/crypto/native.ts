import { hash } from "node:crypto";
import { createRequire } from "node:module";
import { dirname } from "node:path";
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

function addon<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** keccak256, a rate of 1,088 and a capacity of 512 bits, by the sponge of the package keccak. */
function nativeKeccak(): Crypto["keccak"] | undefined {
  const Sponge = addon(() => {
    const path = load.resolve("keccak/bindings.js");
    // Of keccak's own dependencies, not of ours.
    const loadAsKeccak = createRequire(path);
    return loadAsKeccak("node-gyp-build")(dirname(path)) as KeccakState;
  });
  if (Sponge === undefined) return undefined;
  // One for all, as each hash is made in one go.
  const sponge = new Sponge();
  return (data) => {
    sponge.initialize(1088, 512);
    sponge.absorb(Buffer.from(data.buffer, data.byteOffset, data.length));
    return new Uint8Array(sponge.squeeze(32));
  };
}

function nativeCurve(): Pick<Crypto, "publicKey" | "sign" | "recover"> | undefined {
  const secp = addon(() => load("secp256k1/bindings.js") as NativeSecp256k1);
  return (
    secp && {
      publicKey: (key) => secp.publicKeyCreate(key, false),
      sign(digest, key) {
        const { signature, recid } = secp.ecdsaSign(digest, key);
        return { signature, recovery: recid };
      },
      recover: (signature, recovery, digest) => secp.ecdsaRecover(signature, recovery, digest, false),
    }
  );
}

/** OpenSSL's, which needs no addon. */
const sha256 = (data: Uint8Array): Uint8Array => hash("sha256", data, "buffer");

/** The addons where the platform has prebuilt ones (not linux-arm64), JavaScript elsewhere. */
function bestCrypto(): Crypto {
  const [keccak, curve] = [nativeKeccak(), nativeCurve()];
  const pure = () => (load("./noble.ts") as typeof import("./noble.ts")).crypto;
  const { publicKey, sign, recover } = curve ?? pure();
  return {
    native: { keccak: keccak !== undefined, curve: curve !== undefined },
    sha256,
    keccak: keccak ?? pure().keccak,
    publicKey,
    sign,
    recover,
  };
}

let best: Crypto | undefined;
/** Loaded at the first use: most commands that import this room sign nothing. */
const loaded = (): Crypto => {
  best ??= bestCrypto();
  return best;
};

export const crypto: Crypto = {
  get native() {
    return loaded().native;
  },
  sha256,
  keccak: (data) => loaded().keccak(data),
  publicKey: (key) => loaded().publicKey(key),
  sign: (digest, key) => loaded().sign(digest, key),
  recover: (signature, recovery, digest) => loaded().recover(signature, recovery, digest),
};
