import type { Verdict } from "../verdict.ts";
import type { SwizzleBeat } from "./beat.ts";
import { drawChallenge, type SwizzleChallenge } from "./challenge.ts";
import { firstIndices, swizzlePrf } from "./prf.ts";
import { readSwizzleProof } from "./proof.ts";
import type { SwizzleState } from "./state.ts";

/**
 * Judge an answer, decoded JSON of any kind. Stricter than the original, yet every honest proof passes: a challenge of nothing has no
 * valid answer, every number is below the prime and in its shortest form, and nothing follows the last.
 */
export function verifySwizzleAnswer(
  beat: SwizzleBeat,
  state: SwizzleState,
  challenge: SwizzleChallenge,
  answer: unknown,
): Verdict {
  const { prime, sectors } = beat;
  const proof = readSwizzleProof(answer);
  if (proof === undefined) return "corrupted";
  const { mu, sigma } = proof;
  if (challenge.length < 1 || mu.length !== sectors || sigma >= prime || mu.some((value) => value >= prime))
    return "invalid";
  const { indices, coefficients } = drawChallenge(challenge, state.chunks);
  const pads = swizzlePrf(state.fKey, prime, indices);
  const alphas = swizzlePrf(state.alphaKey, prime, firstIndices(sectors));
  let sum = 0n;
  for (const [i, coefficient] of coefficients.entries()) sum += coefficient * pads[i]!;
  for (const [j, alpha] of alphas.entries()) sum += alpha * mu[j]!;
  return sum % prime === sigma ? "ok" : "invalid";
}
