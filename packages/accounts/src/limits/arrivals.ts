/**
 * Bytes of one account that come in by several requests at once, held against a limit. What is used is what the disk held when it was last asked, and
 * all that came since, also of requests that have ended. It is never less than what is there; where it seems too much, the disk is asked again.
 */
export class Arrivals {
  readonly #held: () => Promise<number>;
  /** What the disk held; undefined before it was asked. */
  #base: number | undefined;
  /** What came since, and what requests that were under way then had brought: the disk may not have shown it. */
  #since = 0;
  /** Bytes of each request under way. */
  readonly #underWay = new Set<{ bytes: number }>();
  #asking: { came: number; done: Promise<void> } | undefined;

  constructor(held: () => Promise<number>) {
    this.#held = held;
  }

  /** Whether no request is under way: nothing is lost then by forgetting this. */
  get idle(): boolean {
    return this.#underWay.size === 0;
  }

  begin(): { bytes: number } {
    const request = { bytes: 0 };
    this.#underWay.add(request);
    return request;
  }

  /** What the request brought must be where the disk shows it. */
  end(request: { bytes: number }): void {
    this.#underWay.delete(request);
  }

  /** Whether bytes that are to come would fit now; nothing is counted. */
  async fits(bytes: number, limit: number): Promise<{ fits: boolean; used: number }> {
    if (this.#base === undefined || this.#used() + bytes > limit) await this.#ask();
    const used = this.#used();
    return { fits: used + bytes <= limit, used };
  }

  /**
   * Count bytes of a request, unless they are more than fit.
   * @returns what was used before, with `taken: false` where they do not fit and nothing was counted
   */
  async take(request: { bytes: number }, bytes: number, limit: number): Promise<{ taken: boolean; used: number }> {
    await this.fits(bytes, limit);
    // Asked again: others went on meanwhile. From here to the count nothing else runs.
    const used = this.#used();
    if (used + bytes > limit) return { taken: false, used };
    request.bytes += bytes;
    this.#since += bytes;
    if (this.#asking !== undefined) this.#asking.came += bytes;
    return { taken: true, used };
  }

  #used(): number {
    return (this.#base ?? 0) + this.#since;
  }

  /** Ask the disk. What comes while it answers counts beside its answer, which may have it or not. */
  #ask(): Promise<void> {
    if (this.#asking !== undefined) return this.#asking.done;
    let came = 0;
    for (const { bytes } of this.#underWay) came += bytes;
    const asking = { came, done: Promise.resolve() };
    this.#asking = asking;
    asking.done = (async () => {
      try {
        const base = await this.#held();
        // Both are upper bounds; keep the smaller.
        if (this.#base === undefined || base + asking.came < this.#used()) {
          this.#base = base;
          this.#since = asking.came;
        }
      } finally {
        this.#asking = undefined;
      }
    })();
    return asking.done;
  }
}
