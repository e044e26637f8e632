import {
  merkleChallengeToWire,
  newSwizzleBeat,
  openSwizzleState,
  readSwizzleProof,
  type SwizzleState,
  swizzleChallengeLength,
  swizzleChallengeToWire,
  type Verdict,
  verifyMerkleAnswer,
  verifySwizzleAnswer,
} from "@cairn/proofs/heartbeat";
import { CairnError } from "@cairn/protocol/errors";
import type { Beats } from "../beats.ts";
import { keyedHash } from "../keyed-hash.ts";
import type { Scheme } from "../scheme.ts";
import type { WireObject } from "../verification-node.ts";

/** One challenge, with what its answer is verified against. */
export type Question =
  | { scheme: "Merkle"; root: Buffer; seed: Buffer; index: number; rounds: number }
  | { scheme: "Swizzle"; state: Buffer; key: Buffer };

/** What contracts need of the node's keys and schemes. Pure. */
export interface ContractBeats {
  /** The seed that follows in a Merkle chunk's chain: 32 bytes, HMAC-SHA256 under the beat's key. */
  nextSeed(seed: Buffer): Buffer;
  /** The key of a Swizzle contract's challenge in one window: 32 bytes, HMAC-SHA256 under the node's secret of (contract id, window). */
  challengeKey(contractId: string, window: number): Buffer;
  challenge(question: Question): WireObject;
  /** Whether a proof has the scheme's shape and can be decoded. */
  readable(scheme: Scheme, proof: unknown): boolean;
  verify(question: Question, proof: unknown): Verdict;
}

/** A challenge that no tag has: judging an answer to it comes down to whether it is one at all. */
const NO_MERKLE_CHALLENGE = { root: Buffer.alloc(32), rounds: 1, index: 1 };

/**
 * The schemes under a node's secrets.
 *
 * @param checkFraction the part of a chunk that one Swizzle challenge reads; a Merkle tag has its own
 */
export function contractBeats(beats: Beats, checkFraction: number): ContractBeats {
  const challengeKey = keyedHash(beats.challengeKey);
  const swizzle = newSwizzleBeat(beats.swizzle);
  const swizzleChallenge = (key: Buffer, { chunks }: SwizzleState) => {
    return { length: swizzleChallengeLength(chunks, checkFraction), key, limit: swizzle.prime };
  };
  const openState = (sealed: Buffer): SwizzleState => {
    const state = openSwizzleState(swizzle, sealed);
    if (state !== undefined) return state;
    throw new CairnError("a contract's state was not sealed by this node", {
      code: "downstream-foreign-state",
      kind: "corrupt",
      next: "Restore heartbeat.json from the home's backup: it holds the secrets that this database belongs to.",
    });
  };
  return {
    nextSeed: keyedHash(beats.merkleKey),
    challengeKey: (contractId, window) => challengeKey(Buffer.from(`${contractId} ${window}`)),
    challenge(question) {
      if (question.scheme === "Merkle") return merkleChallengeToWire(question);
      return swizzleChallengeToWire(swizzleChallenge(question.key, openState(question.state)));
    },
    readable: (scheme, proof) =>
      scheme === "Merkle"
        ? verifyMerkleAnswer(NO_MERKLE_CHALLENGE, proof) !== "corrupted"
        : readSwizzleProof(proof) !== undefined,
    verify(question, proof) {
      if (question.scheme === "Merkle") return verifyMerkleAnswer(question, proof);
      const state = openSwizzleState(swizzle, question.state);
      // As the original has it, and lest one foreign contract fails the answers of others.
      if (state === undefined) return "invalid";
      return verifySwizzleAnswer(swizzle, state, swizzleChallenge(question.key, state), proof);
    },
  };
}
