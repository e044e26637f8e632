import type { CairnClient } from "@cairn/client";

/** Segments held between the packer and the connection; each up to a few MiB. */
const QUEUE = 4;

/**
 * A sink for the packer that streams each piece to the gateway as one request: `write` waits while the connection is behind, `cut`
 * ends a piece, `finish` waits for the last answer. The first failure is thrown from whichever call comes next.
 */
export class PieceUpload {
  readonly #client: CairnClient;
  readonly #id: string;
  readonly #signal: AbortSignal;
  #current: { piece: number; queue: Uint8Array[]; ended: boolean; wake: () => void; sent: Promise<void> } | undefined;
  #drained: () => void = () => undefined;
  #failure: unknown;

  constructor(client: CairnClient, id: string, signal: AbortSignal) {
    this.#client = client;
    this.#id = id;
    this.#signal = signal;
  }

  write = async (piece: number, bytes: Uint8Array): Promise<void> => {
    this.#throwFailure();
    if (this.#current?.piece !== piece) {
      await this.#end();
      this.#begin(piece);
    }
    const current = this.#current;
    if (current === undefined) return;
    // The packer reuses its buffer once this returns, and the connection may still hold the bytes then.
    current.queue.push(Buffer.from(bytes));
    current.wake();
    while (current.queue.length >= QUEUE && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    this.#throwFailure();
  };

  cut = async (): Promise<void> => {
    await this.#end();
    this.#throwFailure();
  };

  finish = this.cut;

  #begin(piece: number): void {
    const current = { piece, queue: [] as Uint8Array[], ended: false, wake: () => {}, sent: Promise.resolve() };
    const drained = () => this.#drained();
    const body = (async function* () {
      for (;;) {
        const next = current.queue.shift();
        drained();
        if (next !== undefined) yield next;
        else if (current.ended) return;
        else {
          await new Promise<void>((resolve) => {
            current.wake = resolve;
          });
        }
      }
    })();
    current.sent = this.#client
      .appendPiece(this.#id, piece, 0, body, this.#signal)
      .then(() => undefined)
      .catch((error) => {
        this.#failure ??= error;
        this.#drained();
      });
    this.#current = current;
  }

  async #end(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    current.ended = true;
    current.wake();
    await current.sent;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
