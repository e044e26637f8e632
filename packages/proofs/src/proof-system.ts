import type { ChallengeContext } from "./derive-challenges.ts";
import type { ReadRaw } from "./read-raw.ts";

/** What a prover is held to. A sealed profile has a replica root beside the root of the data. */
export interface Commitment {
  dataRoot: Uint8Array;
  replicaRoot?: Uint8Array;
  rawLength: number;
}

export type Verdict<Reason extends string> = { ok: true } | { ok: false; reason: Reason; leaf?: number };

/**
 * One way to prove that stored bytes are still held. Deals name it by `profile`; possession of plain bytes is the first, a sealed
 * sector is another. `Cache` is what the prover keeps beside the bytes to answer quickly.
 */
export interface ProofSystem<Cache, Reason extends string> {
  /** Named in deals and on chain; a change of rules is a new name. */
  readonly profile: string;
  /** Leaves opened per purpose. */
  readonly challenges: Record<ChallengeContext["purpose"], number>;
  /** Read all bytes once. */
  commit(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<{ commitment: Commitment; cache: Cache }>;
  /** What the seed asks for, the same for prover, verifier and contract. */
  challenge(context: ChallengeContext, commitment: Commitment, count?: number): number[];
  prove(task: {
    commitment: Commitment;
    indices: readonly number[];
    cache: Cache;
    readRaw: ReadRaw;
  }): Promise<Uint8Array>;
  /** Many at once; one verdict each, in order; never throws for what a prover sent. */
  verify(
    claims: readonly { commitment: Commitment; indices: readonly number[]; proof: Uint8Array }[],
  ): Verdict<Reason>[];
  /** One challenge's part of a proof, itself a proof of that challenge: what a dispute shows. */
  open(proof: Uint8Array, commitment: Commitment, position: number): Uint8Array;
}
