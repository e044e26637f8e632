import type { Scheme } from "../scheme.ts";
import type { WireObject } from "../verification-node.ts";

/** One challenge, with what its answer is verified against. */
export type Question =
  | { scheme: "Merkle"; root: Buffer; seed: Buffer; index: number; rounds: number }
  | { scheme: "Swizzle"; state: Buffer; key: Buffer };

export type Verdict = "ok" | "invalid" | "corrupted";

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
