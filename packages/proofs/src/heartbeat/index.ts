export { keyedPrf } from "./keyed-prf.ts";
export { type MerkleBeat, merkleBeatToWire, readMerkleBeat, type WireMerkleBeat } from "./merkle/beat.ts";
export {
  type MerkleChallenge,
  merkleChallengeToWire,
  nextSeed,
  readMerkleChallenge,
  type WireMerkleChallenge,
} from "./merkle/challenge.ts";
export { challengedRange, type MerkleSizes, merkleChunkSize } from "./merkle/challenged-range.ts";
export { type MerkleTagging, makeMerkleTag } from "./merkle/make-tag.ts";
export { proveMerkle, type WireMerkleProof } from "./merkle/prove.ts";
export {
  type MerkleState,
  nextMerkleChallenge,
  openMerkleState,
  signMerkleState,
  type WireMerkleState,
} from "./merkle/state.ts";
export { type MerkleTag, MOST_ROUNDS, merkleTagToWire, readMerkleTag, type WireMerkleTag } from "./merkle/tag.ts";
export type { MerkleTree } from "./merkle/tree.ts";
export { type MerkleExpectation, verifyMerkleAnswer } from "./merkle/verify.ts";
export { RandomIo, randomIoKey, readRandomIo } from "./random-io.ts";
export {
  newSwizzleBeat,
  publicSwizzleBeat,
  readSwizzleBeat,
  SWIZZLE_PRIME,
  type SwizzleBeat,
  type SwizzleKeys,
  swizzleBeatToWire,
} from "./swizzle/beat.ts";
export {
  readSwizzleChallenge,
  type SwizzleChallenge,
  swizzleChallengeLength,
  swizzleChallengeToWire,
} from "./swizzle/challenge.ts";
export { makeSwizzleTag, type SwizzleTagging } from "./swizzle/make-tag.ts";
export { swizzlePrf } from "./swizzle/prf.ts";
export { readSwizzleProof, type SwizzleProof, swizzleProofToWire } from "./swizzle/proof.ts";
export { proveSwizzle, type SwizzleHolding } from "./swizzle/prove.ts";
export { countChunks, type Sectors } from "./swizzle/sectors.ts";
export { openSwizzleState, type SwizzleState, sealSwizzleState } from "./swizzle/state.ts";
export { parseSwizzleTag, readSwizzleTag, type SwizzleTag } from "./swizzle/tag.ts";
export { verifySwizzleAnswer } from "./swizzle/verify.ts";
export type { Verdict } from "./verdict.ts";
