import { CairnError } from "@cairn/protocol/errors";
import { CAR_HEADER_BYTES } from "@cairn/protocol/words";
import { type CairnClient, isAway } from "./client.ts";

/** One request; what is in memory twice while it is sent and the next is filled. */
const PART_BYTES = 8_388_608;
const RETRY_MILLISECONDS = 300;
/** After this many failures without one more byte having arrived, give up: the upload will fail there again. */
const MAX_BREAKS = 20;

interface PartUploadOptions {
  partBytes?: number;
  signal?: AbortSignal;
}

/**
 * A sink for a packer that sends pieces to the gateway in parts, each a request of its own at the piece's next offset: for browsers, which
 * send no streams. One part is on its way while the next is filled. A part that breaks goes on where the gateway has it.
 * The first failure is thrown from whichever call comes next.
 */
export class PartUpload {
  readonly #client: Pick<CairnClient, "appendPiece" | "package">;
  readonly #id: string;
  readonly #signal: AbortSignal | undefined;
  readonly #part: Uint8Array<ArrayBuffer>;
  #filled = 0;
  /** Bytes of the piece under way that were handed on. */
  #offset = 0;
  #sending: Promise<void> = Promise.resolve();

  constructor(client: Pick<CairnClient, "appendPiece" | "package">, id: string, options: PartUploadOptions = {}) {
    this.#client = client;
    this.#id = id;
    this.#signal = options.signal;
    this.#part = new Uint8Array(options.partBytes ?? PART_BYTES);
  }

  write = async (piece: number, bytes: Uint8Array): Promise<void> => {
    for (let rest = bytes; rest.length > 0; ) {
      const some = rest.subarray(0, this.#part.length - this.#filled);
      this.#part.set(some, this.#filled);
      this.#filled += some.length;
      rest = rest.subarray(some.length);
      if (this.#filled === this.#part.length) await this.#hand(piece);
    }
  };

  /** The piece is complete; resolves when the gateway has all of it. */
  cut = async (piece: number): Promise<void> => {
    if (this.#filled > 0) await this.#hand(piece);
    await this.#sending;
    this.#offset = 0;
  };

  async #hand(piece: number): Promise<void> {
    await this.#sending;
    const part = this.#part.slice(0, this.#filled);
    this.#sending = this.#send(piece, this.#offset, part);
    // It is thrown where it is waited for.
    this.#sending.catch(() => undefined);
    this.#offset += part.length;
    this.#filled = 0;
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
