import { CairnError } from "@cairn/protocol/errors";

/** Chunks of bytes, as a stream gives them. */
export type ShardBytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * The `size` bytes of a shard in memory that can go to another thread.
 *
 * @throws CairnError `downstream-shard-corrupt` when the reader gives more or fewer; no more than `size` bytes are ever held
 */
export async function readShard(bytes: ShardBytes, size: number): Promise<Uint8Array> {
  const whole = new Uint8Array(new SharedArrayBuffer(size));
  let at = 0;
  for await (const part of bytes) {
    if (part.length > size - at) throw shardCorrupt(`the shard is longer than ${size} bytes`);
    whole.set(part, at);
    at += part.length;
  }
  if (at < size) throw shardCorrupt(`the shard ends after ${at} of ${size} bytes`);
  return whole;
}

export function shardCorrupt(message: string): CairnError {
  return new CairnError(message, {
    code: "downstream-shard-corrupt",
    kind: "corrupt",
    next: "Repair the shard, then add it again.",
  });
}
