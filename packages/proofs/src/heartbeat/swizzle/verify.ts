import type { Verdict } from "../verdict.ts";
import type { SwizzleBeat } from "./beat.ts";
import { drawChallenge, type SwizzleChallenge } from "./challenge.ts";
import { firstIndices, swizzlePrf } from "./prf.ts";
import { readSwizzleProof } from "./proof.ts";
import type { SwizzleState } from "./state.ts";
import { sumsMatch } from "./sums.ts";

/**
 * Judge an answer, decoded JSON of any kind. Stricter than the original, yet every honest proof passes: a challenge of nothing has no
 * valid answer, every number is below the prime and in its shortest form, and nothing follows the last.
 */
export function verifySwizzleAnswer(
  beat: SwizzleBeat,
  { chunks, fKey, alphaKey }: SwizzleState,
  challenge: SwizzleChallenge,
  answer: unknown,
): Verdict {
  const { prime, sectors } = beat;
  const proof = readSwizzleProof(answer);
  if (proof === undefined) return "corrupted";
  if (challenge.length < 1 || proof.mu.length !== sectors) return "invalid";
  const { indices, coefficients } = drawChallenge(challenge, chunks);
  const pads = swizzlePrf(fKey, prime, indices);
  const alphas = swizzlePrf(alphaKey, prime, firstIndices(sectors));
  return sumsMatch(prime, proof, { coefficients, pads, alphas }) ? "ok" : "invalid";
}
