import { CAR_HEADER_BYTES } from "@cairn/protocol/words";
import type { CID } from "multiformats/cid";
import { equalBytes } from "../bytes.ts";
import { ByteReader } from "../car/byte-reader.ts";
import { carHeader, MAX_BLOCK_BYTES } from "../car/format.ts";
import { wrongBlocks } from "./errors.ts";

/** Streams of the pieces' CAR files, in order. */
export type PieceStreams = AsyncIterable<AsyncIterable<Uint8Array>> | Iterable<AsyncIterable<Uint8Array>>;

/** The blocks of all pieces, one after the other, each as CID and bytes. */
export class PieceFrames {
  private readonly pieces: AsyncIterator<AsyncIterable<Uint8Array>> | Iterator<AsyncIterable<Uint8Array>>;
  private readonly header: Uint8Array;
  private reader: ByteReader | undefined;

  constructor(pieces: PieceStreams, root: CID) {
    this.pieces = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
    this.header = carHeader(root);
  }

  /** Bytes of the next block with its CID, or undefined after the last; read it with `readInto` before the next call. */
  async nextLength(): Promise<number | undefined> {
    while (!this.reader || (await this.reader.atEnd())) {
      await this.reader?.close();
      this.reader = undefined;
      const next = await this.pieces.next();
      if (next.done) return undefined;
      this.reader = new ByteReader(next.value);
      const header = new Uint8Array(CAR_HEADER_BYTES);
      await this.reader.readInto(header);
      if (!equalBytes(header, this.header)) throw wrongBlocks("a piece belongs to another package");
    }
    const length = await this.reader.readVarint(MAX_BLOCK_BYTES);
    return length;
  }

  readInto(target: Uint8Array): Promise<void> | undefined {
    if (!this.reader) throw new RangeError("there is no block to read");
    return this.reader.readInto(target);
  }

  /** The next block behind its CID, or undefined after the last. */
  async next(): Promise<Uint8Array | undefined> {
    const length = await this.nextLength();
    if (length === undefined) return undefined;
    const frame = new Uint8Array(length);
    const reading = this.readInto(frame);
    if (reading) await reading;
    return frame;
  }

  /** Tells the sources that no more is wanted. One that hangs or fails at that changes nothing any more. */
  close(): void {
    const ignore = (): void => undefined;
    this.reader?.close().catch(ignore);
    Promise.resolve(this.pieces.return?.()).catch(ignore);
  }
}
