import { fromBase64, toBase64 } from "../base64.ts";
import { MOST_SECTORS } from "./beat.ts";
import { integer, MOST_INTEGER_BYTES, u32, WireReader } from "./wire.ts";

/** The answer to a challenge: a number for each sector, and one that ties them to the tag. */
export interface SwizzleProof {
  readonly mu: readonly bigint[];
  readonly sigma: bigint;
}

/** A proof as base64 text. */
export function swizzleProofToWire({ mu, sigma }: SwizzleProof): string {
  return toBase64(Buffer.concat([u32(mu.length), ...mu.map(integer), integer(sigma)]));
}

/** A proof from decoded JSON; undefined when it is none, or has more than 1024 sectors. */
export function readSwizzleProof(value: unknown, sectors = MOST_SECTORS): SwizzleProof | undefined {
  const bytes = fromBase64(value, 4 + (sectors + 1) * (4 + MOST_INTEGER_BYTES));
  if (bytes === undefined) return undefined;
  const reader = new WireReader(bytes);
  const count = reader.u32();
  if (count > sectors) return undefined;
  const mu: bigint[] = [];
  while (mu.length < count && reader.sound) mu.push(reader.integer());
  const sigma = reader.integer();
  return reader.done ? { mu, sigma } : undefined;
}
