import { CairnError } from "@cairn/protocol/errors";
import type { ReadRaw } from "../../read-raw.ts";
import { fitsSigmaKernel, SigmaKernel } from "../kernels/sigma-kernel.ts";
import { readExactly } from "../read-exactly.ts";
import type { SwizzleBeat } from "./beat.ts";
import { asBuffer } from "./integers.ts";
import { firstIndices, readNumbers, swizzlePrf, swizzlePrfBytes } from "./prf.ts";
import { chunkBytes, countChunks } from "./sectors.ts";
import { chunkSigmas } from "./sums.ts";
import { MOST_CHUNKS } from "./tag.ts";
import { integer, integers, u32 } from "./wire.ts";

/** Chunks that are read and tagged at a time: 5 MiB. */
const STEP_CHUNKS = 4096;

export interface SwizzleTagging {
  readonly beat: SwizzleBeat;
  /** 32 random bytes of this tag alone, as is the other. */
  readonly fKey: Uint8Array;
  readonly alphaKey: Uint8Array;
  readonly fileSize: number;
  readonly read: ReadRaw;
}

/**
 * The tag of a file in its binary form (base64 of it is the wire's), and how many chunks it has. Reads the file once, from its start.
 * Fast with the beat of newSwizzleBeat, slower with another prime. Throws `heartbeat-bad-chunk-count` above 1,048,576 chunks, and
 * `heartbeat-short-file`.
 */
export async function makeSwizzleTag(tagging: SwizzleTagging): Promise<{ tag: Buffer; chunks: number }> {
  const { beat, fKey, alphaKey, fileSize, read } = tagging;
  const { prime } = beat;
  const chunks = countChunks(beat, fileSize);
  if (chunks > MOST_CHUNKS) {
    throw new CairnError(`a file of ${chunks} chunks is too large for one tag`, {
      code: "heartbeat-bad-chunk-count",
      kind: "input",
      next: "Split the file, or use larger chunks.",
    });
  }
  const sectors = firstIndices(beat.sectors);
  const alphas = swizzlePrf(alphaKey, prime, sectors);
  const kernel = fitsSigmaKernel(beat) ? new SigmaKernel(beat, swizzlePrfBytes(alphaKey, prime, sectors)) : undefined;
  const parts = [u32(chunks)];
  const size = chunkBytes(beat);
  for (let first = 0; first < chunks; first += STEP_CHUNKS) {
    const count = Math.min(STEP_CHUNKS, chunks - first);
    const start = first * size;
    const bytes = asBuffer(await readExactly(read, start, Math.min(count * size, fileSize - start)));
    const numbers = swizzlePrfBytes(
      fKey,
      prime,
      firstIndices(count).map((i) => first + i),
    );
    const numberBytes = numbers.length / count;
    const whole = kernel === undefined ? 0 : Math.floor(bytes.length / size);
    const done = numbers.subarray(0, whole * numberBytes);
    kernel?.sigmas(bytes.subarray(0, whole * size), done);
    const pads = readNumbers(numbers.subarray(done.length), count - whole);
    parts.push(
      integers(done, numberBytes),
      ...chunkSigmas(beat, bytes.subarray(whole * size), pads, alphas).map(integer),
    );
  }
  return { tag: Buffer.concat(parts), chunks };
}
