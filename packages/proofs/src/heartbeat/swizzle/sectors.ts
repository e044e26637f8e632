import { CairnError } from "@cairn/protocol/errors";

/** How a file is cut into chunks of equal sectors, each a number below, or hardly above, the prime. */
export interface Sectors {
  readonly sectors: number;
  /** Bytes of a sector: floor(bit length of the prime / 8). */
  readonly sectorSize: number;
  readonly prime: bigint;
}

/** The cut that a prime of at least 8 bits implies. */
export function sectorsBelow(prime: bigint, sectors: number): Sectors {
  return { sectors, sectorSize: Math.floor(prime.toString(2).length / 8), prime };
}

/** Bytes of a chunk: what one σ stands for. */
export function chunkBytes({ sectors, sectorSize }: Sectors): number {
  return sectors * sectorSize;
}

/** Chunks of a file: the last is short, and empty when the size is a multiple of the chunk. */
export function countChunks(cut: Sectors, fileSize: number): number {
  return Math.floor(fileSize / chunkBytes(cut)) + 1;
}

/** Throws `heartbeat-bad-chunk-count` unless the tag has as many chunks as the file. */
export function checkChunks(cut: Sectors, chunks: number, fileSize: number): void {
  if (chunks === countChunks(cut, fileSize)) return;
  throw new CairnError(`the tag is of another file: it has ${chunks} chunks`, {
    code: "heartbeat-bad-chunk-count",
    kind: "input",
    next: "Split the file, or use larger chunks.",
    details: { chunks, fileSize },
  });
}
