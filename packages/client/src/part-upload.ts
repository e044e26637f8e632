import { Semaphore } from "@cairn/core/semaphore";
import { CairnError } from "@cairn/protocol/errors";
import { CAR_HEADER_BYTES } from "@cairn/protocol/words";
import { isAway } from "./calls/http-caller.ts";
import type { CairnClient } from "./client.ts";

/** One request; what is in memory twice while it is sent and the next is filled. */
const PART_BYTES = 8_388_608;
const RETRY_MILLISECONDS = 300;
/** After this many failures without one more byte having arrived, give up: the upload will fail there again. */
const MAX_BREAKS = 20;

/** Parts on their way at once, of all uploads of a page: a browser opens six connections to a host, and the page needs some itself. */
const AT_ONCE = new Semaphore(3);

interface PartUploadOptions {
  partBytes?: number;
  signal?: AbortSignal;
  /** Bytes that the gateway has of each piece already; what is written goes on behind them. */
  received?: readonly number[];
}

/**
 * A sink for a packer that sends pieces to the gateway in parts, each a request of its own at the piece's next offset: for browsers, which
 * send no streams. One part of a piece is on its way while the next is filled; a piece that was cut ends while the next begins, and at most
 * three parts are on their way in all of a page. A part that breaks goes on where the gateway has it.
 * The first failure is thrown from whichever call comes next.
 */
export class PartUpload {
  readonly #client: Pick<CairnClient, "appendPiece" | "package">;
  readonly #id: string;
  readonly #signal: AbortSignal | undefined;
  readonly #partBytes: number;
  readonly #received: readonly number[];
  #part: Uint8Array<ArrayBuffer>;
  #filled = 0;
  /** Bytes of the piece under way that were handed on; undefined before its first. */
  #offset: number | undefined;
  #sending: Promise<void> = Promise.resolve();
  /** The last parts of pieces that were cut. */
  readonly #ending = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  constructor(client: Pick<CairnClient, "appendPiece" | "package">, id: string, options: PartUploadOptions = {}) {
    this.#client = client;
    this.#id = id;
    this.#signal = options.signal;
    this.#received = options.received ?? [];
    this.#partBytes = options.partBytes ?? PART_BYTES;
    this.#part = new Uint8Array(this.#partBytes);
  }

  write = async (piece: number, bytes: Uint8Array): Promise<void> => {
    this.#throwFailure();
    for (let rest = bytes; rest.length > 0; ) {
      const some = rest.subarray(0, this.#part.length - this.#filled);
      this.#part.set(some, this.#filled);
      this.#filled += some.length;
      rest = rest.subarray(some.length);
      if (this.#filled === this.#part.length) await this.#hand(piece);
    }
  };

  /** The piece is complete; `finish` waits for the gateway to have all of it. */
  cut = async (piece: number): Promise<void> => {
    if (this.#filled > 0) await this.#hand(piece);
    const ended = this.#sending.finally(() => this.#ending.delete(ended));
    ended.catch(() => undefined);
    this.#ending.add(ended);
    this.#sending = Promise.resolve();
    this.#offset = undefined;
    // No more pieces under way than parts at once: what waits for room is held in memory.
    if (this.#ending.size > 1) await Promise.race(this.#ending);
    this.#throwFailure();
  };

  /** Resolves when the gateway has everything. */
  finish = async (): Promise<void> => {
    await Promise.all(this.#ending);
    this.#throwFailure();
  };

  async #hand(piece: number): Promise<void> {
    await this.#sending;
    this.#throwFailure();
    const part = this.#part.subarray(0, this.#filled);
    this.#part = new Uint8Array(this.#partBytes);
    this.#filled = 0;
    const start = this.#offset ?? this.#received[piece] ?? 0;
    this.#offset = start + part.length;
    this.#sending = AT_ONCE.run(() => this.#send(piece, start, part), 0, this.#signal).catch((error: unknown) => {
      // It is thrown from whatever is called next.
      this.#failure ??= { error };
    });
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #send(piece: number, start: number, part: Uint8Array): Promise<void> {
    const end = start + part.length;
    let breaks = 0;
    for (let offset = start; ; ) {
      const rest = part.subarray(offset - start);
      try {
        const { received } = await this.#client.appendPiece(this.#id, piece, offset, once(rest), this.#signal);
        if (received === end) return;
        throw lost(piece, received, end);
      } catch (error) {
        const busy = error instanceof CairnError && error.code === "upload-busy";
        breaks += 1;
        if (this.#signal?.aborted || breaks > MAX_BREAKS || !(busy || isAway(error))) throw error;
      }
      // Asking waits for a gateway that is away; one that is there may still be ending the broken upload.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
      const { pieceList } = await this.#client.package(this.#id);
      const received = pieceList.find(({ number }) => number === piece)?.received ?? 0;
      if (received === end) return;
      if (received < start || received > end) throw lost(piece, received, end);
      if (received > offset) breaks = 0;
      offset = received;
    }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function lost(piece: number, received: number, sent: number): CairnError {
  return new CairnError(
    `the gateway lost what it had of piece ${piece}: it holds ${received + CAR_HEADER_BYTES} of ${sent + CAR_HEADER_BYTES} bytes`,
    { code: "upload-lost", kind: "unavailable", next: "Begin again: nothing was stored and nothing was paid." },
  );
}
