import { CairnError } from "@cairn/protocol/errors";
import { CAR_HEADER_BYTES } from "@cairn/protocol/words";
import { chainFrames, EMPTY_CHAIN } from "./block-chain.ts";
import { frameBytes, writeFrameHeader } from "./format.ts";

/** Takes the pieces' bytes in order. Each piece begins right behind its 59-byte header, which `carHeader(root)` gives in the end. */
export interface PieceSink {
  /** The bytes may be reused once the promise is settled. */
  write(piece: number, bytes: Uint8Array): Promise<void> | void;
  /** The piece is complete. Called once for every piece. */
  cut(piece: number): Promise<void> | void;
}

/** What there is of a piece: its bytes, header included, and the chain of its blocks (block-chain.ts). */
export interface PieceSoFar {
  length: number;
  chain: Uint8Array;
}

/** Cuts a stream of CAR frames into pieces at block borders. */
export class PieceCutter {
  /** The pieces that are complete. Without `chained`, their chains are those of no block. */
  readonly pieces: PieceSoFar[];
  private current: PieceSoFar;
  private readonly sink: PieceSink;
  private readonly limit: number;
  private readonly chained: boolean;

  /**
   * @param limit most bytes of a piece, header included
   * @param options what the sink has of the stream already, the piece under way last; whether to keep chains of blocks
   */
  constructor(sink: PieceSink, limit: number, options: { from?: readonly PieceSoFar[]; chained?: boolean } = {}) {
    this.sink = sink;
    this.limit = limit;
    this.chained = options.chained ?? false;
    this.pieces = [...(options.from ?? [])];
    this.current = this.pieces.pop() ?? emptyPiece();
  }

  /** Lengths of the complete pieces, headers included. */
  get lengths(): number[] {
    return this.pieces.map(({ length }) => length);
  }

  /** The piece under way. */
  get underWay(): Readonly<PieceSoFar> {
    return { ...this.current };
  }

  /** Writes whole frames that lie one behind the other, given the length of each. */
  async frames(bytes: Uint8Array, lengths: Iterable<number>): Promise<void> {
    if (this.current.length + bytes.length <= this.limit) return this.put(bytes, lengths);
    let from = 0;
    let to = 0;
    let frames: number[] = [];
    for (const length of lengths) {
      if (this.current.length + (to - from) + length > this.limit) {
        await this.put(bytes.subarray(from, to), frames);
        await this.finish();
        from = to;
        frames = [];
        if (this.current.length + length > this.limit) throw tooSmall(this.limit, length);
      }
      to += length;
      frames.push(length);
    }
    await this.put(bytes.subarray(from, to), frames);
  }

  /** Writes one block. */
  async block(codec: number, digest: Uint8Array, bytes: Uint8Array): Promise<void> {
    const frame = new Uint8Array(frameBytes(bytes.length));
    frame.set(bytes, writeFrameHeader(frame, 0, { codec, digest, length: bytes.length }));
    await this.frames(frame, [frame.length]);
  }

  /** Ends the current piece. */
  async finish(): Promise<void> {
    const piece = this.pieces.length;
    this.pieces.push(this.current);
    this.current = emptyPiece();
    await this.sink.cut(piece);
  }

  private async put(bytes: Uint8Array, frames: Iterable<number>): Promise<void> {
    if (bytes.length === 0) return;
    const { length, chain } = this.current;
    this.current = {
      length: length + bytes.length,
      chain: this.chained ? chainFrames(chain, bytes, frames) : chain,
    };
    await this.sink.write(this.pieces.length, bytes);
  }
}

function emptyPiece(): PieceSoFar {
  return { length: CAR_HEADER_BYTES, chain: EMPTY_CHAIN };
}

function tooSmall(limit: number, length: number): CairnError {
  return new CairnError(`a piece of at most ${limit} bytes cannot hold a block of ${length} bytes`, {
    code: "piece-limit",
    kind: "input",
    next: `Set the piece limit to at least ${length + CAR_HEADER_BYTES} bytes.`,
    details: { limit, needed: length + CAR_HEADER_BYTES },
  });
}
