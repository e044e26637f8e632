/**
 * What a reader says, in frames: a byte of what it is, four of its length (big-endian), and that many bytes. Only a process that this one started writes them;
 * they are bounded all the same.
 */
export const FRAMES = {
  /** JSON: {@link Tick}. Says that the file system answers. */
  tick: 1,
  /** Four bytes with a piece's number, and bytes of it. */
  piece: 2,
  /** A part of the result. */
  result: 3,
  /** The result is whole. */
  end: 4,
  /** JSON: an error's. */
  error: 5,
} as const;
type FrameType = (typeof FRAMES)[keyof typeof FRAMES];

export interface Frame {
  type: FrameType;
  bytes: Buffer;
}

export interface Tick {
  files: number;
  done: number;
  total: number;
  skipped: number;
  /** From now on nothing more is read. */
  isRead: boolean;
}

const HEADER_BYTES = 5;
export const MOST_FRAME_BYTES = 8 * 1024 * 1024;
const TYPES = new Set<number>(Object.values(FRAMES));

export function frameHeader(type: FrameType, length: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(length, 1);
  return header;
}

/** The frames of a stream, however it is cut. @throws Error where it is none, or ends within one */
export async function* framesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let parts: Buffer[] = [];
  let held = 0;
  const take = (count: number): Buffer => {
    const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    parts = [all.subarray(count)];
    held -= count;
    return all.subarray(0, count);
  };
  let header: Buffer | undefined;
  for await (const chunk of stream) {
    parts.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    held += chunk.length;
    for (;;) {
      if (header === undefined) {
        if (held < HEADER_BYTES) break;
        header = take(HEADER_BYTES);
        if (!TYPES.has(header[0]!) || header.readUInt32BE(1) > MOST_FRAME_BYTES) throw new Error("this is no frame");
      }
      if (held < header.readUInt32BE(1)) break;
      yield { type: header[0] as FrameType, bytes: take(header.readUInt32BE(1)) };
      header = undefined;
    }
  }
  if (held > 0 || header !== undefined) throw new Error("the stream ends within a frame");
}
