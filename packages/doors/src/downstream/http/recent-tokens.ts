/** Tokens that something is known about, at most so many: the one unseen for longest is forgotten. */
export class RecentTokens {
  readonly #most: number;
  readonly #tokens = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  add(token: string): void {
    this.#tokens.delete(token);
    if (this.#tokens.size >= this.#most) {
      const [oldest] = this.#tokens;
      if (oldest !== undefined) this.#tokens.delete(oldest);
    }
    this.#tokens.add(token);
  }

  has(token: string): boolean {
    return this.#tokens.has(token);
  }
}
