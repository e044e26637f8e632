import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { RandomIo } from "@cairn/proofs/heartbeat";

const STEP_BYTES = 1024 * 1024;

/**
 * Write a chunk's bytes beside `path` and rename them there.
 *
 * @param size of the chunk; a source that ends sooner or goes on longer is refused
 * @param sha256 what the bytes must hash to, 64 hex; undefined when nobody has said
 * @returns the SHA-256 of what was written, 64 hex; undefined when it is not the wanted content, and nothing was kept
 */
export async function makeChunk(
  path: string,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
  sha256: string | undefined,
): Promise<string | undefined> {
  const part = `${path}.part`;
  const hash = createHash("sha256");
  let written = 0;
  let file: FileHandle | undefined;
  try {
    file = await open(part, "w", 0o600);
    for await (const bytes of source) {
      if (written + bytes.length > size) return undefined;
      hash.update(bytes);
      await file.write(bytes);
      written += bytes.length;
    }
    const digest = hash.digest("hex");
    if (written !== size || (sha256 !== undefined && digest !== sha256)) return undefined;
    await rename(part, path);
    return digest;
  } finally {
    await file?.close();
    await rm(part, { force: true });
  }
}

/** What RandomIO makes from a seed, in steps of 1 MiB. */
export function* seededBytes(seed: string, size: number): Generator<Uint8Array> {
  const source = new RandomIo(seed);
  for (let at = 0; at < size; at += STEP_BYTES) yield source.read(Math.min(STEP_BYTES, size - at));
}

/** What is on the disk: the SHA-256 as 64 hex, or undefined when there is no file of this size. */
export async function hashChunk(path: string, size: number, signal: AbortSignal): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== size) return undefined;
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path, { highWaterMark: STEP_BYTES, signal })) hash.update(bytes);
  return hash.digest("hex");
}
