import type { Address, Hex } from "@cairn/protocol";
import { crypto } from "@cairn/protocol";
import { bytesToHex, concatBytes, equalsBytes, utf8ToBytes } from "@ethereumjs/util";
import { recoverSigner, sign } from "./crypto.ts";
import type { Seal } from "./types.ts";

function u64be(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

function sealDigest(chainId: number, blockHash: Uint8Array): Uint8Array {
  return crypto.keccak(concatBytes(utf8ToBytes("cairn/seal/1"), u64be(chainId), blockHash));
}

function revealDigest(chainId: number, number: number, parentMix: Uint8Array): Uint8Array {
  return crypto.keccak(concatBytes(utf8ToBytes("cairn/randomness/1"), u64be(chainId), u64be(number), parentMix));
}

/**
 * The validator's signature over the parent's randomness, 65 bytes. Anyone can check whose it is; since ECDSA admits many signatures of one
 * message, a validator that departs from RFC 6979 can choose among them: randomness is as honest as the validator (docs/threat-model.md).
 */
export function signReveal(chainId: number, number: number, parentMix: Uint8Array, key: Hex): Uint8Array {
  return sign(revealDigest(chainId, number, parentMix), key);
}

/** PREVRANDAO of the block that carries the reveal. */
export function mixOf(reveal: Uint8Array): Uint8Array {
  return crypto.keccak(reveal);
}

export function sealBlock(chainId: number, blockHash: Uint8Array, reveal: Uint8Array, key: Hex): Seal {
  return { signature: sign(sealDigest(chainId, blockHash), key), reveal };
}

/** Who sealed the block, or undefined when seal or reveal is not one validator's, or the block's randomness is not the reveal's. */
export function signerOf(
  chainId: number,
  block: { hash: Uint8Array; number: number; mix: Uint8Array; parentMix: Uint8Array },
  seal: Seal,
): Address | undefined {
  const signer = recoverSigner(sealDigest(chainId, block.hash), seal.signature);
  const revealer = recoverSigner(revealDigest(chainId, block.number, block.parentMix), seal.reveal);
  if (signer === undefined || signer !== revealer || !equalsBytes(mixOf(seal.reveal), block.mix)) return undefined;
  return signer;
}

export function sealToHex(seal: Seal): { signature: Hex; reveal: Hex } {
  return { signature: bytesToHex(seal.signature), reveal: bytesToHex(seal.reveal) };
}
