import { CairnError } from "@cairn/core/errors";
import { CAR_HEADER_BYTES } from "@cairn/core/words";
import { frameBytes, writeFrameHeader } from "./format.ts";

/** Takes the pieces' bytes in order. Each piece begins right behind its 59-byte header, which `carHeader(root)` gives in the end. */
export interface PieceSink {
  /** The bytes may be reused once the promise is settled. */
  write(piece: number, bytes: Uint8Array): Promise<void> | void;
  /** The piece is complete. Called once for every piece. */
  cut(piece: number): Promise<void> | void;
}

/** Cuts a stream of CAR frames into pieces at block borders. */
export class PieceCutter {
  /** Lengths of the pieces so far, headers included. */
  readonly lengths: number[] = [];
  private length = CAR_HEADER_BYTES;
  private readonly sink: PieceSink;
  private readonly limit: number;

  /** @param limit most bytes of a piece, header included */
  constructor(sink: PieceSink, limit: number) {
    this.sink = sink;
    this.limit = limit;
  }

  /** Writes whole frames that lie one behind the other, given the length of each. */
  async frames(bytes: Uint8Array, lengths: Iterable<number>): Promise<void> {
    let from = 0;
    let to = 0;
    if (this.length + bytes.length <= this.limit) {
      to = bytes.length;
    } else {
      for (const length of lengths) {
        if (this.length + (to - from) + length > this.limit) {
          await this.put(bytes.subarray(from, to));
          await this.finish();
          from = to;
          if (this.length + length > this.limit) throw tooSmall(this.limit, length);
        }
        to += length;
      }
    }
    await this.put(bytes.subarray(from, to));
  }

  /** Writes one block. */
  async block(codec: number, digest: Uint8Array, bytes: Uint8Array): Promise<void> {
    const frame = new Uint8Array(frameBytes(bytes.length));
    frame.set(bytes, writeFrameHeader(frame, 0, { codec, digest, length: bytes.length }));
    await this.frames(frame, [frame.length]);
  }

  /** Ends the current piece. */
  async finish(): Promise<void> {
    const piece = this.lengths.length;
    this.lengths.push(this.length);
    this.length = CAR_HEADER_BYTES;
    await this.sink.cut(piece);
  }

  private async put(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    this.length += bytes.length;
    await this.sink.write(this.lengths.length, bytes);
  }
}

function tooSmall(limit: number, length: number): CairnError {
  return new CairnError(`A piece of at most ${limit} bytes cannot hold a block of ${length} bytes.`, {
    code: "piece-limit",
    kind: "input",
    next: `Set the piece limit to at least ${length + CAR_HEADER_BYTES} bytes.`,
    details: { limit, needed: length + CAR_HEADER_BYTES },
  });
}
