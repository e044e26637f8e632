import { setTimeout as sleep } from "node:timers/promises";
import { contractHash, farmerToken } from "../../packages/doors/src/downstream/contracts/testing/merkle-contracts.ts";

/** What a farmer knows of one of its contracts: windows that it sent an answer for, and windows that were acknowledged. */
export interface ContractBook {
  sent: Set<number>;
  acknowledged: Set<number>;
}

export interface SteadyFarmerOptions {
  url: string;
  number: number;
  contracts: number;
  /** Right answers by number of the challenge. */
  proofs: readonly unknown[];
  /** Told of what must not happen. */
  onFault: (what: string) => void;
}

interface OpenChallenge {
  file_hash: string;
  challenge?: { index: number };
  answered?: boolean;
  error?: string;
}

/** Answers go out in parts, so that at every instant some are on their way. */
const PART = 20;
const PAUSE_MS = 150;
const TIMEOUT_MS = 20_000;

/**
 * A farmer that has its contracts already, keeps books of what it was told, sends every answer twice at the same time, and tries again whatever
 * fails.
 */
export class SteadyFarmer {
  readonly books = new Map<string, ContractBook>();
  readonly notes = { acknowledged: 0, alreadyAnswered: 0, failedRequests: 0 };
  readonly #options: SteadyFarmerOptions;
  #over = false;
  #ended = Promise.resolve();

  constructor(options: SteadyFarmerOptions) {
    this.#options = options;
    for (let contract = 1; contract <= options.contracts; contract += 1) {
      this.books.set(contractHash(options.number, contract), { sent: new Set(), acknowledged: new Set() });
    }
  }

  start(): void {
    this.#ended = this.#farm();
  }

  async stop(): Promise<void> {
    this.#over = true;
    await this.#ended;
  }

  async #farm(): Promise<void> {
    while (!this.#over) {
      const open = await this.#open();
      for (let at = 0; at < open.length && !this.#over; at += PART) {
        const part = open.slice(at, at + PART);
        await Promise.all([this.#answer(part), this.#answer(part)]);
      }
      await sleep(PAUSE_MS);
    }
  }

  async #open(): Promise<{ hash: string; index: number }[]> {
    const body = await this.#post<{ challenges: OpenChallenge[] }>("challenge", { hashes: [...this.books.keys()] });
    return (body?.challenges ?? []).flatMap(({ file_hash: hash, challenge, answered }) =>
      challenge === undefined || answered ? [] : [{ hash, index: challenge.index }],
    );
  }

  async #answer(part: readonly { hash: string; index: number }[]): Promise<void> {
    for (const { hash, index } of part) this.books.get(hash)?.sent.add(index);
    const proofs = part.map(({ hash, index }) => ({ file_hash: hash, proof: this.#options.proofs[index] }));
    const body = await this.#post<{ report: { file_hash: string; status?: string; error?: string }[] }>("answer", {
      proofs,
    });
    for (const [i, { status, error }] of (body?.report ?? []).entries()) {
      const { hash, index } = part[i]!;
      if (status === "ok") this.#acknowledge(hash, index);
      else if (error === "Challenge already answered.") this.notes.alreadyAnswered += 1;
      // Sent in one window, judged in the next or after the last.
      else if (error !== "Invalid proof" && error !== "Answer failed: contract expired.") {
        this.#options.onFault(`farmer ${this.#options.number}: ${error} for challenge ${index}`);
      }
    }
  }

  #acknowledge(hash: string, index: number): void {
    const book = this.books.get(hash);
    if (book?.acknowledged.has(index)) this.#options.onFault(`challenge ${index} of ${hash} was acknowledged twice`);
    book?.acknowledged.add(index);
    this.notes.acknowledged += 1;
  }

  /** Undefined when it failed in whatever way. */
  async #post<T>(what: string, body: object): Promise<T | undefined> {
    const { url, number } = this.#options;
    try {
      const response = await fetch(`${url}/api/downstream/v1/${what}/${farmerToken(number)}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-forwarded-for": `10.0.${number >> 8}.${number & 255}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status === 200) return (await response.json()) as T;
      if (response.status < 500) this.#options.onFault(`${what}: ${response.status} ${await response.text()}`);
      else await response.body?.cancel();
    } catch {
      await sleep(PAUSE_MS);
    }
    this.notes.failedRequests += 1;
    return undefined;
  }
}
