import { createHash, hash } from "node:crypto";
import { CairnError } from "@cairn/protocol/errors";
import type { ByteRange, ReadRaw } from "../../read-raw.ts";
import { readExactly } from "../read-exactly.ts";

const MOST_PIECE_BYTES = 1024;
const PIECES_PER_FILE = 10;

export interface OneHashChallenge {
  /** Where the piece begins: an offset below the file's size. */
  readonly block: number;
  /** 32 bytes. */
  readonly seed: Uint8Array;
}

/** The seed of a file's first challenge: SHA-256 of the root seed, a text as UTF-8. The original takes any other object by its text. */
export function firstOneHashSeed(rootSeed: string | Uint8Array): Buffer {
  return hash("sha256", rootSeed, "buffer");
}

/** The seed after `seed`: SHA-256(seed ‖ secret). */
export function nextOneHashSeed(seed: Uint8Array, secret: Uint8Array): Buffer {
  return createHash("sha256").update(seed).update(secret).digest();
}

/**
 * The parts of the file that a challenge at `block` reads, in order: c = min(1024, size div 10) bytes from there; near the file's end,
 * e bytes past the last whole piece, those from `block` that there are of e, and c − e from the start. Throws `heartbeat-bad-range` outside the
 * file, and for a file of fewer than ten bytes, of which nothing would be read.
 */
export function oneHashPiece(block: number, fileSize: number): ByteRange[] {
  const length = Math.min(MOST_PIECE_BYTES, Math.floor(fileSize / PIECES_PER_FILE));
  if (length < 1 || !Number.isSafeInteger(block) || block < 0 || block >= fileSize) {
    throw new CairnError(`no piece begins at ${block} of ${fileSize} bytes`, {
      code: "heartbeat-bad-range",
      kind: "input",
    });
  }
  const past = block - (fileSize - length);
  if (past <= 0) return [{ offset: block, length }];
  return [
    { offset: block, length: Math.min(past, fileSize - block) },
    { offset: 0, length: length - past },
  ];
}

/** SHA-256(piece ‖ seed): the one right response to a challenge. Throws `heartbeat-bad-range` and `heartbeat-short-file`. */
export async function answerOneHash(challenge: OneHashChallenge, fileSize: number, read: ReadRaw): Promise<Buffer> {
  const sha256 = createHash("sha256");
  for (const { offset, length } of oneHashPiece(challenge.block, fileSize)) {
    sha256.update(await readExactly(read, offset, length));
  }
  return sha256.update(challenge.seed).digest();
}

/** The challenges at these blocks, in order, each with the seed that follows the one before. */
export function oneHashChallenges(
  rootSeed: string | Uint8Array,
  secret: Uint8Array,
  blocks: readonly number[],
): OneHashChallenge[] {
  let seed: Buffer | undefined;
  return blocks.map((block) => {
    seed = seed === undefined ? firstOneHashSeed(rootSeed) : nextOneHashSeed(seed, secret);
    return { block, seed };
  });
}

/** Responses that are waited for: each is accepted once. */
export class OneHashResponses {
  readonly #waiting: Set<string>;

  constructor(responses: readonly Uint8Array[]) {
    this.#waiting = new Set(responses.map((response) => Buffer.from(response).toString("hex")));
  }

  accept(response: Uint8Array): boolean {
    return this.#waiting.delete(Buffer.from(response).toString("hex"));
  }
}
