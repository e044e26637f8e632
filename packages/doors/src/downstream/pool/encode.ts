import { createHash } from "node:crypto";
import { freeCipherOutputs } from "@cairn/process/minor-gc";
import {
  makeMerkleTag,
  makeSwizzleTag,
  merkleChunkSize,
  merkleTagToWire,
  newSwizzleBeat,
  RandomIo,
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

const STEP_BYTES = 128 * 1024;
/** Of dead buffers in this thread. */
const GARBAGE_BYTES = 4 * 1024 * 1024;

/** Content that is read as it is wanted: what is seeded is made anew each time, as a chunk of the pool is not to lie in memory. */
interface Readable {
  size: number;
  hash(): Uint8Array;
  read(offset: number, length: number): Uint8Array;
}

function held(bytes: Uint8Array): Readable {
  return {
    size: bytes.length,
    hash: () => createHash("sha256").update(bytes).digest(),
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

function seeded(seed: string, size: number): Readable {
  let garbage = 0;
  const count = (bytes: number) => {
    garbage += bytes;
    if (garbage < GARBAGE_BYTES) return;
    garbage = 0;
    freeCipherOutputs();
  };
  return {
    size,
    hash() {
      const io = new RandomIo(seed);
      const hash = createHash("sha256");
      for (let at = 0; at < size; at += STEP_BYTES) {
        const length = Math.min(STEP_BYTES, size - at);
        hash.update(io.read(length));
        count(length);
      }
      return hash.digest();
    },
    read(offset, length) {
      // The bytes, and what the cipher gave for them.
      count(2 * length);
      return readRandomIo(seed, offset, length);
    },
  };
}

async function encodeCopy(beat: EncodingBeat, content: Readable, secret: Uint8Array): Promise<Encoding> {
  const { size: fileSize, read } = content;
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

/**
 * Hashes content and makes as many encodings of it as there are secrets, each with challenges of its own. Takes the memory of content that is
 * given, and a few megabytes for what a seed makes.
 */
export async function encode({ beat, content, secrets }: EncodeJob): Promise<EncodedContent> {
  const readable = "seed" in content ? seeded(content.seed, content.size) : held(content.bytes);
  const encodings: Encoding[] = [];
  for (const secret of secrets) encodings.push(await encodeCopy(beat, readable, secret));
  return { hash: readable.hash(), encodings };
}
