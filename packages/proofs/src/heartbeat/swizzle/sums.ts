import type { ReadRaw } from "../../read-raw.ts";
import { readExactly } from "../read-exactly.ts";
import { asBuffer, readInteger } from "./integers.ts";
import { chunkBytes, type Sectors } from "./sectors.ts";

/** The number that a sector is: the last is short, those past the end are zero. */
function sectorValue(bytes: Buffer, at: number, size: number): bigint {
  return readInteger(bytes, at, Math.min(at + size, bytes.length));
}

/** σ of `count` chunks whose bytes begin at the start of `bytes`: pad + Σ alpha · sector mod p. */
export function chunkSigmas(
  { sectors, sectorSize, prime }: Sectors,
  bytes: Buffer,
  pads: readonly bigint[],
  alphas: readonly bigint[],
): bigint[] {
  return pads.map((pad, i) => {
    let sigma = pad;
    for (const [j, alpha] of alphas.entries()) {
      sigma += alpha * sectorValue(bytes, (i * sectors + j) * sectorSize, sectorSize);
    }
    return sigma % prime;
  });
}

/** μ and σ of an answer: for each draw the chunk's sectors, and its σ of the tag, times the draw's coefficient; mod p. */
export async function answerSums(
  cut: Sectors,
  file: { fileSize: number; read: ReadRaw; sigmaAt(index: number): bigint },
  { indices, coefficients }: { indices: Uint32Array; coefficients: readonly bigint[] },
): Promise<{ mu: bigint[]; sigma: bigint }> {
  const { sectors, sectorSize, prime } = cut;
  const size = chunkBytes(cut);
  const mu = Array.from({ length: sectors }, () => 0n);
  let sigma = 0n;
  for (const [i, index] of indices.entries()) {
    const start = index * size;
    const bytes = asBuffer(await readExactly(file.read, start, Math.min(size, file.fileSize - start)));
    const coefficient = coefficients[i]!;
    for (let j = 0; j < sectors && j * sectorSize < bytes.length; j++) {
      mu[j]! += coefficient * sectorValue(bytes, j * sectorSize, sectorSize);
    }
    sigma += coefficient * file.sigmaAt(index);
  }
  return { mu: mu.map((sum) => sum % prime), sigma: sigma % prime };
}

/** Whether μ and σ, all below p, are what the holder of these chunks would answer. */
export function sumsMatch(
  prime: bigint,
  { mu, sigma }: { mu: readonly bigint[]; sigma: bigint },
  { coefficients, pads, alphas }: Record<"coefficients" | "pads" | "alphas", readonly bigint[]>,
): boolean {
  if (mu.length !== alphas.length || sigma < 0n || sigma >= prime) return false;
  if (mu.some((value) => value < 0n || value >= prime)) return false;
  let sum = 0n;
  for (const [i, coefficient] of coefficients.entries()) sum += coefficient * pads[i]!;
  for (const [j, alpha] of alphas.entries()) sum += alpha * mu[j]!;
  return sum % prime === sigma;
}
