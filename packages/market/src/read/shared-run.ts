/** Work that several wait for: whoever leaves stops nobody else's, and when all have left it is aborted. */
export class SharedRun {
  readonly #stop = new AbortController();
  readonly #work: Promise<void>;
  #waiting = 0;
  /** Resolves when the work is over, however it ended. */
  readonly ended: Promise<void>;

  constructor(work: (signal: AbortSignal) => Promise<void>) {
    this.#work = work(this.#stop.signal);
    this.ended = this.#work.catch(() => undefined);
  }

  /** All who waited have left: it ends without a result. */
  get isAbandoned(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Resolves or rejects as the work does; rejects with the signal's reason when that aborts before. */
  async wait(signal: AbortSignal): Promise<void> {
    this.#waiting++;
    let onAbort: () => void = () => undefined;
    const left = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason);
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
    try {
      await Promise.race([this.#work, left]);
    } finally {
      signal.removeEventListener("abort", onAbort);
      if (--this.#waiting === 0) this.#stop.abort(signal.reason);
    }
  }
}
