import type { ReadRaw } from "../../read-raw.ts";
import type { SwizzleBeat } from "./beat.ts";
import { drawChallenge, type SwizzleChallenge } from "./challenge.ts";
import { swizzleProofToWire } from "./proof.ts";
import { checkChunks } from "./sectors.ts";
import { answerSums } from "./sums.ts";
import { type SwizzleTag, sigmaAt } from "./tag.ts";

export interface SwizzleHolding {
  /** The public beat is enough. */
  readonly beat: SwizzleBeat;
  readonly tag: SwizzleTag;
  readonly fileSize: number;
  readonly read: ReadRaw;
}

/** The answer to a challenge as base64 text; reads the challenged chunks one by one. Throws `heartbeat-bad-chunk-count`, `heartbeat-short-file`. */
export async function proveSwizzle(holding: SwizzleHolding, challenge: SwizzleChallenge): Promise<string> {
  const { beat, tag, fileSize, read } = holding;
  checkChunks(beat, tag.chunks, fileSize);
  const file = { fileSize, read, sigmaAt: (index: number) => sigmaAt(tag, index) };
  return swizzleProofToWire(await answerSums(beat, file, drawChallenge(challenge, tag.chunks)));
}
