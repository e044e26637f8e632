interface Waiting {
  key: string;
  begin: () => void;
}

/**
 * Lets work begin in turn: at most `most` at once, and one of a key, so that somebody who asks many times at once takes a connection, memory
 * and a place from nobody else.
 */
export class Turns {
  readonly #most: number;
  readonly #active = new Set<string>();
  #waiting: Waiting[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Runs `work` when it is its turn. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ key, begin });
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#active.delete(key);
      this.#next();
    }
  }

  #next(): void {
    if (this.#active.size >= this.#most) return;
    const at = this.#waiting.findIndex(({ key }) => !this.#active.has(key));
    if (at < 0) return;
    const [{ key, begin }] = this.#waiting.splice(at, 1) as [Waiting];
    this.#active.add(key);
    begin();
  }
}
