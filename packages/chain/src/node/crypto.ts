import { type Address, addressOfPublicKey, crypto, type Hex, keyBytes } from "@cairn/protocol";
import type { CustomCrypto } from "@ethereumjs/common";

/** r ‖ s ‖ recovery, 65 bytes. */
export function sign(hash: Uint8Array, key: Hex): Uint8Array {
  const { signature, recovery } = crypto.sign(hash, keyBytes(key));
  return Uint8Array.from([...signature, recovery]);
}

/** The signer's address, or undefined when the 65 bytes are no signature. */
export function recoverSigner(hash: Uint8Array, signature: Uint8Array, by = crypto): Address | undefined {
  const recovery = signature[64];
  if (signature.length !== 65 || recovery === undefined || recovery > 1) return undefined;
  try {
    return addressOfPublicKey(by.recover(signature.subarray(0, 64), recovery, hash));
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
    keccak256: crypto.keccak,
    ecrecover: (hash, v, r, s, chainId) => crypto.recover(compact(r, s), recoveryOf(v, chainId), hash).slice(1),
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
