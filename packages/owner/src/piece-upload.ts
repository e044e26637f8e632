import { isAway } from "@cairn/client/client";
import { CairnError } from "@cairn/protocol/errors";
import { CAR_HEADER_BYTES } from "@cairn/protocol/words";
import type { Gateway } from "./ports.ts";
import type { UploadSink } from "./upload-sink.ts";

/** Segments held between the packer and the connection; each up to a few MiB. */
const QUEUE = 4;
/**
 * Bytes that are kept after they were handed to the connection: more than its buffers and the gateway's hold, so that an upload that broke
 * goes on with the very same bytes.
 */
const KEPT_BYTES = 67_108_864;
const RETRY_MILLISECONDS = 300;
/** After this many failures without one more byte having arrived, give up: the upload will fail there again. */
const MAX_BREAKS = 20;

interface Chunk {
  start: number;
  bytes: Uint8Array;
}

interface Piece {
  number: number;
  /** What may still be sent, in order and without gaps. */
  chunks: Chunk[];
  /** Chunks before those, which were forgotten. */
  forgotten: number;
  /** Bytes written so far. */
  length: number;
  /** Chunks handed to the connection, the forgotten ones included. */
  handed: number;
  /** Which request is under way; the bodies of earlier ones are over. */
  attempt: number;
  ended: boolean;
  wake: () => void;
}

/**
 * A sink for the packer that streams each piece to the gateway as one request: `write` waits while the connection is behind, `cut`
 * ends a piece while the gateway still syncs it, `finish` waits for every answer. An upload that breaks goes on where the gateway has it, as long as the client's
 * `whenAway` waits. The first failure is thrown from whichever call comes next.
 */
export class PieceUpload implements UploadSink {
  readonly #client: Pick<Gateway, "appendPiece" | "package">;
  readonly #received: readonly number[];
  readonly #id: string;
  readonly #signal: AbortSignal;
  #current: Piece | undefined;
  #drained: () => void = () => undefined;
  /** Buffers of forgotten chunks: fresh memory for every byte sent would cost more than copying it. */
  readonly #spare: Uint8Array[] = [];
  readonly #unanswered = new Set<Promise<void>>();
  #failure: unknown;

  /** @param received bytes that the gateway has of each piece already; the last of them may go on */
  constructor(
    client: Pick<Gateway, "appendPiece" | "package">,
    id: string,
    signal: AbortSignal,
    received: readonly number[] = [],
  ) {
    this.#received = received;
    this.#client = client;
    this.#id = id;
    this.#signal = signal;
  }

  write = async (piece: number, bytes: Uint8Array): Promise<void> => {
    this.#throwFailure();
    if (this.#current?.number !== piece) {
      this.#end();
      this.#begin(piece);
    }
    const current = this.#current;
    if (current === undefined) return;
    // The packer reuses its buffer once this returns, and the connection may still hold the bytes then.
    current.chunks.push({ start: current.length, bytes: this.#copy(bytes) });
    current.length += bytes.length;
    current.wake();
    while (waiting(current) >= QUEUE && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    this.#throwFailure();
  };

  cut = (): void => {
    this.#end();
    this.#throwFailure();
  };

  async finish(): Promise<void> {
    this.#end();
    await Promise.all(this.#unanswered);
    this.#throwFailure();
  }

  #begin(number: number): void {
    const piece: Piece = {
      number,
      chunks: [],
      forgotten: 0,
      length: this.#received[number] ?? 0,
      handed: 0,
      attempt: 0,
      ended: false,
      wake: () => {},
    };
    const sent = this.#send(piece)
      .catch((error) => {
        this.#failure ??= error;
        this.#drained();
      })
      .finally(() => this.#unanswered.delete(sent));
    this.#unanswered.add(sent);
    this.#current = piece;
  }

  /** Send a piece to its end, over as many requests as it takes. */
  async #send(piece: Piece): Promise<void> {
    let breaks = 0;
    for (let offset = this.#received[piece.number] ?? 0; ; ) {
      try {
        const { received } = await this.#client.appendPiece(
          this.#id,
          piece.number,
          offset,
          this.#body(piece, offset),
          this.#signal,
        );
        if (received === piece.length) return;
        throw lost(piece.number, received, piece.length);
      } catch (error) {
        const busy = error instanceof CairnError && error.code === "upload-busy";
        breaks += 1;
        if (this.#signal.aborted || breaks > MAX_BREAKS || !(busy || isAway(error))) throw error;
      }
      // Asking waits for a gateway that is away; one that is there may still be ending the broken upload.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
      const { pieceList } = await this.#client.package(this.#id);
      const received = pieceList.find((one) => one.number === piece.number)?.received ?? 0;
      if (received > offset) breaks = 0;
      if (received > piece.length || received < (piece.chunks[0]?.start ?? piece.length)) {
        throw lost(piece.number, received, piece.length);
      }
      offset = received;
    }
  }

  async *#body(piece: Piece, offset: number): AsyncGenerator<Uint8Array> {
    piece.attempt += 1;
    const { attempt } = piece;
    const behind = piece.chunks.findIndex(({ start, bytes }) => offset < start + bytes.length);
    piece.handed = piece.forgotten + (behind === -1 ? piece.chunks.length : behind);
    for (let at = offset; piece.attempt === attempt; ) {
      const chunk = piece.chunks[piece.handed - piece.forgotten];
      if (chunk !== undefined) {
        const rest = chunk.bytes.subarray(at - chunk.start);
        at += rest.length;
        piece.handed += 1;
        this.#forget(piece, at - KEPT_BYTES);
        this.#drained();
        yield rest;
      } else if (piece.ended) return;
      else {
        await new Promise<void>((resolve) => {
          piece.wake = resolve;
        });
      }
    }
  }

  #copy(bytes: Uint8Array): Uint8Array {
    const spare = this.#spare.pop();
    const buffer = spare && spare.length >= bytes.length ? spare : new Uint8Array(bytes.length);
    buffer.set(bytes);
    return buffer.subarray(0, bytes.length);
  }

  /** Chunks that the gateway has had for long. */
  #forget(piece: Piece, before: number): void {
    for (let first = piece.chunks[0]; first && first.start + first.bytes.length < before; first = piece.chunks[0]) {
      piece.chunks.shift();
      piece.forgotten += 1;
      if (this.#spare.length < QUEUE) this.#spare.push(first.bytes);
    }
  }

  #end(): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    current.ended = true;
    current.wake();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

const waiting = ({ chunks, forgotten, handed }: Piece) => forgotten + chunks.length - handed;

function lost(piece: number, received: number, sent: number): CairnError {
  return new CairnError(
    `the gateway lost what it had of piece ${piece}: it holds ${received + CAR_HEADER_BYTES} of ${sent + CAR_HEADER_BYTES} bytes`,
    {
      code: "upload-lost",
      kind: "unavailable",
      next: "Run the command again: nothing was stored and nothing was paid.",
    },
  );
}
