import { createRequire } from "node:module";
import type { Address, Hex } from "@cairn/core";
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

/** The prebuilt addon, or undefined on a platform that the package ships none for (linux-arm64): the pure JavaScript below then serves. */
function native<T>(path: string): T | undefined {
  try {
    return createRequire(import.meta.url)(path) as T;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

const secp = native<NativeSecp256k1>("secp256k1/bindings.js");
const sponge = native<NativeKeccak>("keccak/bindings.js")?.("keccak256")._state;

/** Which implementation serves, for logs and benchmarks. */
export const CRYPTO = { secp256k1: secp ? "native" : "noble", keccak: sponge ? "native" : "noble" } as const;

export function keccak256(data: Uint8Array): Uint8Array {
  if (sponge === undefined) return softKeccak(data, "bytes");
  sponge.initialize(1088, 512);
  sponge.absorb(Buffer.from(data.buffer, data.byteOffset, data.length));
  return new Uint8Array(sponge.squeeze(32));
}

export function addressOfKey(key: Hex): Address {
  return privateKeyToAddress(key).toLowerCase() as Address;
}

/** r ‖ s ‖ recovery (65 bytes), deterministic (RFC 6979) with either implementation. */
export async function sign(hash: Uint8Array, key: Hex): Promise<Uint8Array> {
  if (secp !== undefined) {
    const { signature, recid } = secp.ecdsaSign(hash, hexToBytes(key));
    return Uint8Array.from([...signature, recid]);
  }
  const { r, s, yParity } = await softSign({ hash: bytesToHex(hash), privateKey: key });
  return Uint8Array.from([...hexToBytes(r), ...hexToBytes(s), yParity ?? 0]);
}

/** The signer's address, or undefined when the 65 bytes are no signature. */
export async function recoverSigner(hash: Uint8Array, signature: Uint8Array): Promise<Address | undefined> {
  const recovery = signature[64];
  if (signature.length !== 65 || recovery === undefined || recovery > 1) return undefined;
  try {
    if (secp !== undefined) {
      const key = secp.ecdsaRecover(signature.subarray(0, 64), recovery, hash, false);
      return bytesToHex(pubToAddress(key.subarray(1)));
    }
    const key = await recoverPublicKey({
      hash: bytesToHex(hash),
      signature: {
        r: bytesToHex(signature.subarray(0, 32)),
        s: bytesToHex(signature.subarray(32, 64)),
        yParity: recovery,
      },
    });
    return bytesToHex(pubToAddress(hexToBytes(key).subarray(1)));
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
