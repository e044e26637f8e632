import { CairnError } from "@cairn/core/errors";
import type { ReadRaw } from "../../read-raw.ts";
import { readExactly } from "../read-exactly.ts";
import { chunkBytes, countChunks, type SwizzleBeat } from "./beat.ts";
import { drawChallenge, type SwizzleChallenge } from "./challenge.ts";
import { asBuffer, readInteger } from "./integers.ts";
import { swizzleProofToWire } from "./proof.ts";
import { type SwizzleTag, sigmaAt } from "./tag.ts";

export interface SwizzleHolding {
  /** The public beat is enough. */
  readonly beat: SwizzleBeat;
  readonly tag: SwizzleTag;
  readonly fileSize: number;
  readonly read: ReadRaw;
}

/** The answer to a challenge as base64 text; reads the challenged chunks one by one. Throws `bad-chunk-count`, `heartbeat-short-file`. */
export async function proveSwizzle(holding: SwizzleHolding, challenge: SwizzleChallenge): Promise<string> {
  const { beat, tag, fileSize, read } = holding;
  if (tag.chunks !== countChunks(beat, fileSize)) {
    throw new CairnError(`the tag is of another file: it has ${tag.chunks} chunks`, {
      code: "bad-chunk-count",
      kind: "input",
    });
  }
  const { indices, coefficients } = drawChallenge(challenge, tag.chunks);
  const size = chunkBytes(beat);
  const mu = Array.from({ length: beat.sectors }, () => 0n);
  let sigma = 0n;
  for (const [i, index] of indices.entries()) {
    const start = index * size;
    const bytes = asBuffer(await readExactly(read, start, Math.min(size, fileSize - start)));
    const coefficient = coefficients[i]!;
    for (let j = 0; j < beat.sectors && j * beat.sectorSize < bytes.length; j++) {
      const at = j * beat.sectorSize;
      mu[j]! += coefficient * readInteger(bytes, at, Math.min(at + beat.sectorSize, bytes.length));
    }
    sigma += coefficient * sigmaAt(tag, index);
  }
  return swizzleProofToWire({ mu: mu.map((sum) => sum % beat.prime), sigma: sigma % beat.prime });
}
