import type { ReadRaw } from "../../read-raw.ts";
import { keyedPrf } from "../keyed-prf.ts";
import { readExactly } from "../read-exactly.ts";
import { asBuffer } from "../swizzle/integers.ts";
import { checkChunks, chunkBytes, countChunks, sectorsBelow } from "../swizzle/sectors.ts";
import { answerSums, chunkSigmas, sumsMatch } from "../swizzle/sums.ts";
import type { PySwizzleBeat, PySwizzleChallenge, PySwizzleProof, PySwizzleTag } from "./objects.ts";
import type { PySwizzleState } from "./state.ts";

const draw = (key: Uint8Array, range: bigint, count: number) =>
  Array.from({ length: count }, (_, x) => keyedPrf(key, range, x));

/** Always as many draws as the challenge says, with repeats, even when they could read every chunk once. */
function drawChallenge({ chunks, v_max, key }: PySwizzleChallenge, of: number) {
  const indices = Uint32Array.from(draw(key, BigInt(of), chunks), Number);
  return { indices, coefficients: draw(key, v_max, chunks) };
}

export interface PySwizzleFile {
  readonly fileSize: number;
  readonly read: ReadRaw;
}

/** The tag of a file: Swizzle's sums with heartbeat's other PRF. Reads the file chunk by chunk. Throws `heartbeat-short-file`. */
export async function makePySwizzleTag(
  { prime, sectors }: Pick<PySwizzleBeat, "prime" | "sectors">,
  { fKey, alphaKey }: Pick<PySwizzleState, "fKey" | "alphaKey">,
  { fileSize, read }: PySwizzleFile,
): Promise<PySwizzleTag> {
  const cut = sectorsBelow(prime, sectors);
  const alphas = draw(alphaKey, prime, sectors);
  const size = chunkBytes(cut);
  const sigma: bigint[] = [];
  for (let i = 0; i < countChunks(cut, fileSize); i++) {
    const bytes = await readExactly(read, i * size, Math.min(size, fileSize - i * size));
    for (const one of chunkSigmas(cut, asBuffer(bytes), [keyedPrf(fKey, prime, i)], alphas)) sigma.push(one);
  }
  return { sigma };
}

/** The answer to a challenge. Throws `heartbeat-bad-chunk-count`, `heartbeat-short-file`. */
export async function provePySwizzle(
  { prime, sectors }: Pick<PySwizzleBeat, "prime" | "sectors">,
  { sigma }: PySwizzleTag,
  file: PySwizzleFile,
  challenge: PySwizzleChallenge,
): Promise<PySwizzleProof> {
  const cut = sectorsBelow(prime, sectors);
  checkChunks(cut, sigma.length, file.fileSize);
  return answerSums(cut, { ...file, sigmaAt: (index) => sigma[index]! }, drawChallenge(challenge, sigma.length));
}

/** Whether a proof answers a challenge about the tag that the state belongs to. */
export function verifyPySwizzle(
  { prime, sectors }: Pick<PySwizzleBeat, "prime" | "sectors">,
  { fKey, alphaKey, chunks }: PySwizzleState,
  challenge: PySwizzleChallenge,
  proof: PySwizzleProof,
): boolean {
  if (challenge.chunks < 1) return false;
  const { indices, coefficients } = drawChallenge(challenge, chunks);
  const pads = Array.from(indices, (index) => keyedPrf(fKey, prime, index));
  return sumsMatch(prime, proof, { coefficients, pads, alphas: draw(alphaKey, prime, sectors) });
}
