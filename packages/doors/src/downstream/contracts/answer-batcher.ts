import { setTimeout as sleep } from "node:timers/promises";
import { databaseAway } from "@cairn/database";
import { CairnError } from "@cairn/protocol/errors";
import type pg from "pg";
import { noToken, tooManyTokens } from "../tokens/refusals.ts";
import { hashToken } from "../tokens/token.ts";
import type { Answer, AnswerOutcome } from "../verification-node.ts";
import type { ContractBeats } from "./contract-beats.ts";
import { countAnswers } from "./count-answers.ts";
import { crowdedNetworks } from "./crowded-networks.ts";
import { judgeAnswers, type PendingAnswer } from "./judge-answers.ts";
import { type FoundContract, readContracts } from "./read-contracts.ts";

export interface AnswerBatcherOptions {
  pool: pg.Pool;
  beats: ContractBeats;
  /** Seconds since 1970. */
  now: () => number;
  /** Keyed hash of what the limit of tokens counts of a network address. */
  networkKey: (ip: string) => Buffer;
  /** Tokens per network; null: no limit. */
  maxTokensPerNetwork: number | null;
  /** Resolves when the node's own absence, if there was one, has been made good. */
  present?: () => Promise<void>;
  /** Told of each batch how many answers it has. */
  onBatch?: (answers: number) => void;
}

interface Request {
  tokenHash: Buffer;
  networkKey: Buffer;
  answers: readonly Answer[];
  outcomes: (AnswerOutcome | undefined)[];
  left: number;
  resolve: (outcomes: AnswerOutcome[]) => void;
  reject: (error: unknown) => void;
  refused: boolean;
}

interface Item extends PendingAnswer {
  request: Request;
  position: number;
  fileHash: Buffer | undefined;
  token: number;
}

/** What arrives within this time goes into one batch; so does what arrives while as many batches are under way as may be. */
const GATHER_MS = 3;
/** While the database counts one batch, the next is read and verified. */
const MOST_BATCHES = 2;
/** A batch of more would keep single answers waiting. */
const LARGEST_BATCH = 512;
/** How long a batch outlasts a database that is away, and the pause between attempts. */
const PATIENCE_MS = 8000;
const PAUSE_MS = 100;
/** A contract that changes under an answer this often is not changed by farmers. */
const MOST_ROUNDS = 20;

/** Their keys take about 10 MB. */
const REMEMBERED_NETWORKS = 50_000;

const HASH = /^[0-9a-f]{64}$/;
/** SQLSTATEs after which a transaction may be tried again at once: serialization failure, deadlock. */
const TRY_AGAIN = new Set(["40001", "40P01"]);

/**
 * Counts answers of all farmers, many in one durable transaction: one round trip reads what they refer to, they are verified here, a second
 * one counts them. One batch at a time; several processes may do so on one database.
 */
export class AnswerBatcher {
  readonly #options: AnswerBatcherOptions;
  readonly #networkKeys = new Map<string, Buffer>();
  #queue: Item[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #running = new Set<Promise<void>>();

  constructor(options: AnswerBatcherOptions) {
    this.#options = options;
  }

  /**
   * The outcomes of one request's answers, in their order, once what they count is durable.
   *
   * @throws CairnError `downstream-no-token`; `downstream-too-many-tokens` when it comes from another network than the token and that one
   *   has as many tokens as it may; `database-unreachable` when the database stays away
   */
  async answer(token: string, ip: string, answers: readonly Answer[]): Promise<AnswerOutcome[]> {
    const { promise, resolve, reject } = Promise.withResolvers<AnswerOutcome[]>();
    // A request without answers still asks for its token.
    const asked: readonly Answer[] = answers.length > 0 ? answers : [{ hash: undefined, proof: undefined }];
    const request: Request = {
      tokenHash: hashToken(token).tokenHash,
      networkKey: this.#networkKey(ip),
      answers,
      outcomes: [],
      left: asked.length,
      resolve,
      reject,
      refused: false,
    };
    const at = this.#options.now();
    for (const [position, { hash, proof }] of asked.entries()) {
      const fileHash = hash !== undefined && HASH.test(hash) ? Buffer.from(hash, "hex") : undefined;
      this.#queue.push({ request, position, fileHash, proof, at, token: 0 });
    }
    this.#startSoon();
    return promise;
  }

  /** Resolves when everything that was asked has been answered. */
  async idle(): Promise<void> {
    while (this.#queue.length > 0 || this.#running.size > 0) {
      this.#start();
      await Promise.race(this.#running);
    }
  }

  #networkKey(ip: string): Buffer {
    const known = this.#networkKeys.get(ip);
    if (known !== undefined) return known;
    const key = this.#options.networkKey(ip);
    if (this.#networkKeys.size >= REMEMBERED_NETWORKS) this.#networkKeys.clear();
    this.#networkKeys.set(ip, key);
    return key;
  }

  #startSoon(): void {
    if (this.#running.size === MOST_BATCHES) return;
    if (this.#queue.length >= LARGEST_BATCH) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), GATHER_MS);
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#running.size === MOST_BATCHES || this.#queue.length === 0) return;
    const batch = this.#queue.splice(0, LARGEST_BATCH);
    this.#options.onBatch?.(batch.length);
    const running = this.#run(batch)
      .catch((error: unknown) => {
        for (const { request } of batch) this.#refuse(request, error);
      })
      .finally(() => {
        this.#running.delete(running);
        if (this.#queue.length > 0) this.#startSoon();
      });
    this.#running.add(running);
  }

  async #run(batch: Item[]): Promise<void> {
    const began = performance.now();
    let waiting = batch;
    for (let round = 0; waiting.length > 0; round += 1) {
      if (round === MOST_ROUNDS) throw unsettled();
      try {
        waiting = await this.#attempt(waiting);
      } catch (error) {
        if (TRY_AGAIN.has((error as { code?: string }).code ?? "")) continue;
        const away = databaseAway(error);
        if (away === undefined || performance.now() - began > PATIENCE_MS) throw away ?? error;
        await sleep(PAUSE_MS);
        round = 0;
        // What the node could not judge in time is held against nobody.
        const at = this.#options.now();
        for (const item of waiting) item.at = at;
      }
    }
  }

  /** One round for `items`; returns those whose contracts changed under it. */
  async #attempt(items: Item[]): Promise<Item[]> {
    const { pool, beats, now, present } = this.#options;
    await present?.();
    const found = await readContracts(
      pool,
      items.map(({ request: { tokenHash, networkKey }, fileHash }) => ({ tokenHash, networkKey, fileHash })),
    );
    const crowded = await this.#crowded(items.filter((_, i) => found[i]!.elsewhere));
    const known = items
      .map((item, i) => ({ item, ...found[i]! }))
      .filter(({ item, ...what }) => this.#admit(item, what, crowded))
      .map(({ item, contract }) => ({ item, row: contract }));
    const { outcomes, accepted, deferred } = await judgeAnswers(beats, known);
    const changed = await countAnswers(
      pool,
      accepted.map(({ row, item, seed }) => ({ contract: row.id, token: item.token, answers: row.answers, seed })),
      now(),
    ).catch((error: unknown) => {
      // The connection was cut: before or after the commit, who knows.
      if (databaseAway(error) !== undefined) {
        for (const { item, row } of accepted) item.mayHaveCounted = { contract: row.id, answers: row.answers + 1 };
      }
      throw error;
    });
    const again = [...deferred];
    for (const { row, item, followers } of accepted) if (changed.has(row.id)) again.push(item, ...followers);
    const undecided = new Set(again);
    for (const [item, outcome] of outcomes) if (!undecided.has(item)) this.#decide(item, outcome);
    return again;
  }

  /** Networks, as hex, of answers that come from elsewhere than their tokens and may not. */
  async #crowded(moved: readonly Item[]): Promise<Set<string>> {
    const { pool, maxTokensPerNetwork: most } = this.#options;
    if (most === null || moved.length === 0) return new Set();
    return crowdedNetworks(pool, [...new Set(moved.map(({ request }) => request.networkKey))], most);
  }

  /** Whether a request may go on; if not, it has been told why. */
  #admit(item: Item, { token, elsewhere }: FoundContract, crowded: ReadonlySet<string>): boolean {
    if (item.request.refused) return false;
    if (token === undefined) this.#refuse(item.request, noToken());
    else if (elsewhere && crowded.has(item.request.networkKey.toString("hex")))
      this.#refuse(item.request, tooManyTokens(this.#options.maxTokensPerNetwork ?? 0));
    else item.token = token;
    return !item.request.refused;
  }

  #refuse(request: Request, error: unknown): void {
    request.refused = true;
    request.reject(error);
  }

  #decide({ request, position }: Item, outcome: AnswerOutcome): void {
    request.outcomes[position] = outcome;
    request.left -= 1;
    if (request.left === 0) request.resolve(request.outcomes.slice(0, request.answers.length) as AnswerOutcome[]);
  }
}

function unsettled(): CairnError {
  return new CairnError("the contracts of these answers keep changing", {
    code: "downstream-unsettled",
    kind: "unavailable",
    next: "Send the answers again.",
  });
}
