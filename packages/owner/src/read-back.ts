import { type AccountKey, type GetBlocks, type Manifest, pathsOf, readFile } from "@cairn/archive/browser";
import { crypto } from "@cairn/archive/crypto";
import { eachBounded } from "@cairn/core/semaphore";
import { CairnError } from "@cairn/protocol";

/** Places in the package that are read; a package of which a tenth is missing passes with 0.9¹⁶ = 19 %, one of which a half is with 0.002 %. */
const READ_BACK_SAMPLES = 16;
const SAMPLE_BYTES = 4096;
/** A place costs the gateway several round trips to providers; they hide behind each other. */
const READ_TOGETHER = 8;

/** A random number from 0 up to, but not including, `limit`. */
export type Draw = (limit: number) => number;

/** 64 random bits modulo the limit: one of at most 2^53 is favoured over another by one part in 2^11 at most. */
const secureDraw: Draw = (limit) => {
  const { buffer, byteOffset } = crypto.randomBytes(8);
  return Number(new DataView(buffer, byteOffset, 8).getBigUint64(0) % BigInt(limit));
};

/**
 * Read random places of what was just stored, drawn here so that nobody can prepare for them: each block is held against the CIDs that the
 * client made itself and decrypted with its key. Answers how many places were read.
 * @throws CairnError `not-read-back` with the file
 */
export async function readBack(
  stored: { manifest: Manifest; key: AccountKey; getBlocks: GetBlocks; signal?: AbortSignal },
  draw: Draw = secureDraw,
): Promise<number> {
  const { manifest } = stored;
  const paths = pathsOf(manifest.entries);
  const files = manifest.entries.flatMap((entry, index) =>
    entry.kind === "file" && entry.size > 0 ? [{ path: paths[index] ?? "", size: entry.size }] : [],
  );
  const total = files.reduce((sum, file) => sum + file.size, 0);
  if (total === 0) return 0;
  const placeOf = () => {
    let at = draw(total);
    const file = files.find(({ size }) => {
      if (at < size) return true;
      at -= size;
      return false;
    })!;
    return { path: file.path, range: { start: at, end: Math.min(file.size, at + SAMPLE_BYTES) } };
  };
  const places = Array.from({ length: READ_BACK_SAMPLES }, placeOf);
  const reading = { ...stored, getBlocks: once(stored.getBlocks) };
  await eachBounded(places, READ_TOGETHER, (place) => readPlace(reading, place));
  return READ_BACK_SAMPLES;
}

async function readPlace(
  stored: { manifest: Manifest; key: AccountKey; getBlocks: GetBlocks; signal?: AbortSignal },
  { path, range }: { path: string; range: { start: number; end: number } },
): Promise<void> {
  stored.signal?.throwIfAborted();
  try {
    let read = 0;
    for await (const chunk of readFile({ ...stored, path, range, stored: false })) read += chunk.length;
    if (read !== range.end - range.start) throw new Error(`only ${read} bytes came`);
  } catch (cause) {
    stored.signal?.throwIfAborted();
    throw new CairnError(
      `the package was stored, but bytes ${range.start} to ${range.end} of one of its files do not come back: ${(cause as Error).message}`,
      {
        code: "not-read-back",
        kind: "corrupt",
        cause,
        details: { path, ...range },
        next: "Keep your copy. `cairn check NAME --full` says whose shard is at fault; remove the package with `cairn rm` and put it again.",
      },
    );
  }
}

/** Asks for each block once: the places of a small package share most of theirs, and those of one file its head and inner nodes. */
function once(getBlocks: GetBlocks): GetBlocks {
  const known = new Map<string, Promise<Uint8Array | undefined>>();
  return async function* (cids) {
    const missing = new Map(cids.map((cid) => [cid.toString(), cid] as const).filter(([text]) => !known.has(text)));
    const coming = getBlocks([...missing.values()])[Symbol.asyncIterator]();
    let before: Promise<unknown> = Promise.resolve();
    for (const text of missing.keys()) {
      const block = before.then(async () => (await coming.next()).value as Uint8Array | undefined);
      block.catch(() => undefined);
      known.set(text, block);
      before = block;
    }
    for (const cid of cids) {
      const block = await known.get(cid.toString());
      if (block === undefined) return;
      yield block;
    }
  };
}
