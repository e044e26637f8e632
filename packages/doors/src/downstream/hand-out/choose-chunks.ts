export interface FreeChunk {
  /** Decimal. */
  id: string;
  fileId: string;
  size: number;
}

/**
 * Chunks to hand out of `candidates`, which are in order of preference: each that still fits into `bytes`, one of a file at most, and no more
 * than `most`. With equal need the candidates come largest first, so this is "again and again the largest that fits".
 */
export function chooseChunks(candidates: readonly FreeChunk[], bytes: number, most: number): FreeChunk[] {
  const chosen: FreeChunk[] = [];
  const files = new Set<string>();
  let left = bytes;
  for (const chunk of candidates) {
    if (chosen.length >= most) break;
    if (chunk.size > left || files.has(chunk.fileId)) continue;
    chosen.push(chunk);
    files.add(chunk.fileId);
    left -= chunk.size;
  }
  return chosen;
}
