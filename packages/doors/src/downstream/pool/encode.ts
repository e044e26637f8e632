import { hash } from "node:crypto";
import {
  makeMerkleTag,
  makeSwizzleTag,
  merkleChunkSize,
  merkleTagToWire,
  newSwizzleBeat,
  readRandomIo,
  type SwizzleKeys,
  sealSwizzleState,
} from "@cairn/proofs/heartbeat";

/** What encodes copies: the beat of a scheme. Goes to a worker thread, so it is plain data. */
export type EncodingBeat =
  | { scheme: "Merkle"; key: Uint8Array; checkFraction: number; rounds: number }
  | { scheme: "Swizzle"; keys: SwizzleKeys };

export interface EncodeJob {
  beat: EncodingBeat;
  /** What RandomIO makes, or bytes that are there. */
  content: { seed: string; size: number } | { bytes: Uint8Array };
  /** 80 secret random bytes for each copy. */
  secrets: Uint8Array[];
}

/** Secret random bytes that one copy's encoding takes. */
export const SECRET_BYTES = 80;

/** One encoding as a row of `downstream.chunks` holds it. */
export interface Encoding {
  /** JSON text. */
  tag: string;
  root: Uint8Array | null;
  seed: Uint8Array | null;
  rounds: number | null;
  state: Uint8Array | null;
}

export interface EncodedContent {
  /** SHA-256 of the content. */
  hash: Uint8Array;
  encodings: Encoding[];
}

async function encodeCopy(beat: EncodingBeat, bytes: Uint8Array, secret: Uint8Array): Promise<Encoding> {
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  const fileSize = bytes.length;
  if (beat.scheme === "Merkle") {
    const seed = secret.subarray(0, 32);
    const chunkSize = merkleChunkSize(fileSize, beat.checkFraction);
    const { key, rounds } = beat;
    const { tag, root } = await makeMerkleTag({ key, rootSeed: seed, rounds, chunkSize, fileSize, read });
    return { tag: JSON.stringify(merkleTagToWire(tag)), root, seed, rounds, state: null };
  }
  const swizzle = newSwizzleBeat(beat.keys);
  const keys = { fKey: secret.subarray(0, 32), alphaKey: secret.subarray(32, 64) };
  const { tag, chunks } = await makeSwizzleTag({ beat: swizzle, ...keys, fileSize, read });
  const state = sealSwizzleState(swizzle, { chunks, ...keys }, secret.subarray(64, SECRET_BYTES));
  return { tag: JSON.stringify(tag.toString("base64")), root: null, seed: null, rounds: null, state };
}

/** Hashes content and makes as many encodings of it as there are secrets, each with challenges of its own. Holds the content in memory. */
export async function encode({ beat, content, secrets }: EncodeJob): Promise<EncodedContent> {
  const bytes = "seed" in content ? readRandomIo(content.seed, 0, content.size) : content.bytes;
  const encodings: Encoding[] = [];
  for (const secret of secrets) encodings.push(await encodeCopy(beat, bytes, secret));
  return { hash: hash("sha256", bytes, "buffer"), encodings };
}
