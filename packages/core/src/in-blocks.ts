const BLOCK_BYTES = 1_048_576;

type Buffers = readonly [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];

/**
 * The same bytes in blocks of `size` (the last one shorter), in two buffers that take turns: a block holds until the next but one is asked
 * for. When the source fails, what came before still comes, and then the failure. `buffers` are of `size` bytes each.
 */
export async function* inBlocks(
  source: AsyncIterable<Uint8Array>,
  size = BLOCK_BYTES,
  buffers: Buffers = [new Uint8Array(size), new Uint8Array(size)],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let [block, other] = buffers;
  let filled = 0;
  let failure: { error: unknown } | undefined;
  const chunks = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      let chunk: Uint8Array;
      try {
        const next = await chunks.next();
        ended = next.done === true;
        if (next.done) break;
        chunk = next.value;
      } catch (error) {
        ended = true;
        failure = { error };
        break;
      }
      for (let from = 0; from < chunk.length; ) {
        const part = chunk.subarray(from, from + size - filled);
        block.set(part, filled);
        filled += part.length;
        from += part.length;
        if (filled < size) continue;
        yield block;
        [block, other] = [other, block];
        filled = 0;
      }
    }
    if (filled > 0) yield block.subarray(0, filled);
    if (failure) throw failure.error;
  } finally {
    if (!ended) await chunks.return?.();
  }
}
