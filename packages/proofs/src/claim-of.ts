import type { Hex } from "@cairn/protocol";
import { type ChallengeContext, deriveChallenges } from "./derive-challenges.ts";
import { hexToBytes } from "./hex.ts";
import { payloadLeaves } from "./sizes.ts";
import type { PossessionClaim } from "./verify-possession.ts";

/** What a proof of a shard claims: that it opens the `leaves` leaves of the shard's payload that the subject's challenge asks for. */
export function claimOf(
  shard: { commitment: Hex; rawLength: number },
  subject: ChallengeContext,
  leaves: number,
  proof: Uint8Array,
): PossessionClaim {
  return {
    root: hexToBytes(shard.commitment, 32),
    rawLength: shard.rawLength,
    indices: deriveChallenges(subject, payloadLeaves(shard.rawLength), leaves),
    proof,
  };
}
