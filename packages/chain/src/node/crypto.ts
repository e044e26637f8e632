import { createRequire } from "node:module";
import type { Address, Hex } from "@cairn/protocol";
import type { CustomCrypto } from "@ethereumjs/common";
import { bytesToHex, hexToBytes, pubToAddress } from "@ethereumjs/util";
import { recoverPublicKey, keccak256 as softKeccak } from "viem";
import { privateKeyToAddress, sign as softSign } from "viem/accounts";

interface NativeSecp256k1 {
  ecdsaSign(hash: Uint8Array, key: Uint8Array): { signature: Uint8Array; recid: number };
  ecdsaRecover(signature: Uint8Array, recovery: number, hash: Uint8Array, compressed: boolean): Uint8Array;
}
/** The sponge inside the package's stream: used alone it is three times as fast. */
interface NativeSponge {
  initialize(rate: number, capacity: number): void;
  absorb(data: Buffer): void;
  squeeze(length: number): Buffer;
}
type NativeKeccak = (algorithm: "keccak256") => { _state?: NativeSponge };

const require = createRequire(import.meta.url);

/** The prebuilt addon, or undefined on a platform that the package ships none for (linux-arm64): the JavaScript below then serves. */
function addon<T>(load: () => unknown): T | undefined {
  try {
    return load() as T;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** The primitives that have a native and a JavaScript form; both are deterministic (RFC 6979) and give the same bytes. */
export interface Primitives {
  keccak256(data: Uint8Array): Uint8Array;
  /** r ‖ s ‖ recovery, 65 bytes. */
  sign(hash: Uint8Array, key: Hex): Promise<Uint8Array>;
  /** The signer's public key, 64 bytes. @throws when the signature is none */
  recover(hash: Uint8Array, signature: Uint8Array, recovery: number): Promise<Uint8Array>;
}

export const SOFT: Primitives = {
  keccak256: (data) => softKeccak(data, "bytes"),
  sign: async (hash, key) => {
    const { r, s, yParity } = await softSign({ hash: bytesToHex(hash), privateKey: key });
    return Uint8Array.from([...hexToBytes(r), ...hexToBytes(s), yParity ?? 0]);
  },
  recover: async (hash, signature, yParity) => {
    const r = bytesToHex(signature.subarray(0, 32));
    const s = bytesToHex(signature.subarray(32, 64));
    return hexToBytes(await recoverPublicKey({ hash: bytesToHex(hash), signature: { r, s, yParity } })).subarray(1);
  },
};

const secp = addon<NativeSecp256k1>(() => require("secp256k1/bindings.js"));
const sponge = addon<NativeKeccak>(() => require("keccak/bindings.js"))?.("keccak256")._state;

/** Each primitive in its fastest form on this machine. */
export const FAST: Primitives = {
  ...SOFT,
  ...(sponge === undefined
    ? {}
    : {
        keccak256: (data) => {
          sponge.initialize(1088, 512);
          sponge.absorb(Buffer.from(data.buffer, data.byteOffset, data.length));
          return new Uint8Array(sponge.squeeze(32));
        },
      }),
  ...(secp === undefined
    ? {}
    : {
        sign: (hash, key) => {
          const { signature, recid } = secp.ecdsaSign(hash, hexToBytes(key));
          return Promise.resolve(Uint8Array.from([...signature, recid]));
        },
        recover: async (hash, signature, recovery) =>
          secp.ecdsaRecover(signature.subarray(0, 64), recovery, hash, false).subarray(1),
      }),
};

/** Which primitives are native here. */
export const NATIVE = { secp256k1: secp !== undefined, keccak256: sponge !== undefined } as const;

export const { keccak256, sign } = FAST;

export function addressOfKey(key: Hex): Address {
  return privateKeyToAddress(key).toLowerCase() as Address;
}

/** The signer's address, or undefined when the 65 bytes are no signature. */
export async function recoverSigner(
  hash: Uint8Array,
  signature: Uint8Array,
  primitives = FAST,
): Promise<Address | undefined> {
  const recovery = signature[64];
  if (signature.length !== 65 || recovery === undefined || recovery > 1) return undefined;
  try {
    return bytesToHex(pubToAddress(await primitives.recover(hash, signature, recovery))) as Address;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

function compact(r: Uint8Array, s: Uint8Array): Uint8Array {
  const out = new Uint8Array(64);
  out.set(r, 32 - r.length);
  out.set(s, 64 - s.length);
  return out;
}

/** Recovery bit of a transaction's v: a parity, 27/28, or EIP-155. */
function recoveryOf(v: bigint, chainId: bigint | undefined): number {
  if (v < 2n) return Number(v);
  return Number(chainId === undefined ? v - 27n : v - (chainId * 2n + 35n));
}

/**
 * What `@ethereumjs` shall use in place of its own. No trusted setup is shipped, so the point evaluation precompile (EIP-4844)
 * answers every proof with failure; without an entry here it would throw through the interpreter.
 */
export function customCrypto(): CustomCrypto {
  const failing = (): never => {
    throw new Error("this chain has no blobs");
  };
  return {
    keccak256,
    ...(secp === undefined
      ? {}
      : {
          ecrecover: (hash: Uint8Array, v: bigint, r: Uint8Array, s: Uint8Array, chainId?: bigint) =>
            secp.ecdsaRecover(compact(r, s), recoveryOf(v, chainId), hash, false).slice(1),
        }),
    kzg: {
      verifyProof: () => false,
      blobToKzgCommitment: failing,
      computeBlobProof: failing,
      verifyBlobProofBatch: failing,
      computeCells: failing,
      computeCellsAndProofs: failing,
      recoverCellsAndProofs: failing,
      verifyCellKzgProofBatch: failing,
    },
  };
}
