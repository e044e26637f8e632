import type { FarmerClock } from "./farmer-clock.ts";
import { checkRoot, type FarmerHttp, farmerHttp, NodeRefused } from "./farmer-http.ts";
import { type Json, prove, randomFile } from "./original-proofs.ts";

export type FarmerEvent =
  | { event: "connected"; token: string; type: string }
  | { event: "contract"; file_hash: Json; size: number }
  | { event: "lost"; file_hash: Json; reason: string; accepted: number }
  | { event: "retry"; what: string; reason: string }
  | { event: "died"; reason: string };

export interface OriginalFarmerOptions {
  url: string;
  clock: FarmerClock;
  address: string;
  /** A signed message; without it the token is asked for by GET. */
  identity?: { message: string; signature: string };
  token?: string;
  /** Bytes of contracts wanted. */
  size: number;
  onEvent?: (event: FarmerEvent) => void;
}

interface Contract {
  fileHash: Json;
  file: Buffer;
  tag: Json;
  challenge: Json;
  /** The client's own reckoning, from `due` as a whole number. */
  expiration: number;
  interval: number;
  accepted: number;
}

/** Waits in one of the client's two queues. */
interface Queued {
  contract: Contract;
  proof: Json;
  ready: number;
  due: number;
}

const PREFIX = "/api/downstream/v1";
const CHUNK_KEYS = ["seed", "size", "file_hash", "challenge", "tag", "due"] as const;
const QUEUE_SECONDS = 5;
const RETRY_SECONDS = 3;
const QUEUE_FULL = 200;
const FILLED_SECONDS = 30;
/** How often the heartbeat thread looks at its queues. */
const TICK_SECONDS = 0.5;
const FIRST_BYTES_PER_SECOND = 2_000_000;
const FIRST_INTERVAL = 60;

/** The original farmer v0.1.8, with everything by which a server could lose it its contracts. */
export class OriginalFarmer {
  /** Proofs that the node took. */
  accepted = 0;
  /** Contracts that the client gave up, for whatever reason. */
  lost = 0;
  /** Contracts the client had at most at a time. */
  most = 0;
  token = "";
  /** Why a thread, and so the program, ended by itself. */
  died: string | undefined;

  readonly #options: OriginalFarmerOptions;
  readonly #clock: FarmerClock;
  readonly #http: FarmerHttp;
  readonly #contracts = new Map<Json, Contract>();
  #type = "";
  #heartbeat: Json = null;
  #toSubmit: Queued[] = [];
  #toUpdate: Queued[] = [];
  #submittedAt = Number.NEGATIVE_INFINITY;
  #updatedAt = Number.NEGATIVE_INFINITY;
  #bytesPerSecond = FIRST_BYTES_PER_SECOND;
  #running = false;

  constructor(options: OriginalFarmerOptions) {
    this.#options = { ...options, url: options.url.replace(/^\/+|\/+$/g, "") };
    this.#clock = options.clock;
    this.#http = farmerHttp(this.#options.url, PREFIX);
  }

  get contracts(): number {
    return this.#contracts.size;
  }

  /** @throws Error with what the program would have printed */
  async connect(): Promise<void> {
    await checkRoot(this.#options.url);
    const answer = await this.#askForToken();
    const { token, type, heartbeat } = answer as Record<string, Json>;
    if (typeof token !== "string" || heartbeat === undefined || type === undefined) {
      throw new Error("Malformed response from server.");
    }
    if (!/^([0-9a-fA-F]{2})+$/.test(token)) throw new Error("Unexpected error: Non-hexadecimal digit found");
    if (type !== "Merkle" && type !== "Swizzle") throw new Error("Unknown Heartbeat Type");
    this.token = token;
    this.#type = type;
    this.#heartbeat = heartbeat;
    this.#tell({ event: "connected", token, type });
  }

  async #askForToken(): Promise<Json> {
    const { token, address, identity } = this.#options;
    try {
      if (token !== undefined) return await this.#http.get(`/heartbeat/${token}`);
    } catch (error) {
      if (!(error instanceof NodeRefused) || error.message !== "Nonexistent token.") throw unableToConnect(error);
    }
    try {
      return identity === undefined
        ? await this.#http.get(`/new/${address}`)
        : await this.#http.post(`/new/${address}`, identity);
    } catch (error) {
      throw unableToConnect(error);
    }
  }

  /** Runs both threads until `stop`, or until one of them dies. */
  async run(): Promise<void> {
    this.#running = true;
    await Promise.all([this.#thread(() => this.#contractThread()), this.#thread(() => this.#heartbeatThread())]);
    this.#http.close();
  }

  stop(): void {
    this.#running = false;
  }

  async #thread(body: () => Promise<void>): Promise<void> {
    await this.#clock.spawn(async () => {
      try {
        await body();
      } catch (error) {
        this.died = (error as Error).message;
        this.#tell({ event: "died", reason: this.died });
        this.#running = false;
      }
    });
  }

  async #contractThread(): Promise<void> {
    while (this.#running) {
      const missing = this.#options.size - this.#total();
      await this.#clock.sleep(missing > 0 ? await this.#getContracts(missing) : FILLED_SECONDS);
    }
  }

  #total(): number {
    let total = 0;
    for (const { file } of this.#contracts.values()) total += file.length;
    return total;
  }

  /** @returns seconds to wait before the next request */
  async #getContracts(missing: number): Promise<number> {
    const bytes = Math.floor(Math.min(missing, 0.5 * this.#bytesPerSecond * (this.#averageInterval() - QUEUE_SECONDS)));
    let answer: Json;
    try {
      answer = await this.#http.get(`/chunk/${this.token}/${bytes}`);
    } catch (error) {
      this.#tell({ event: "retry", what: "Get contracts failed", reason: (error as Error).message });
      return RETRY_SECONDS;
    }
    const chunks = (answer as { chunks?: Json }).chunks;
    if (!Array.isArray(chunks)) throw new Error("Malformed response from server.");
    if (chunks.length === 0) return FILLED_SECONDS;
    let total = 0;
    for (const chunk of chunks as Record<string, Json>[]) {
      for (const key of CHUNK_KEYS) if (!(key in chunk)) throw new Error("Malformed response from server.");
      total += chunk.size as number;
      if (total > bytes) throw new Error("the node gave more bytes than were asked for");
    }
    for (const chunk of chunks as Record<string, Json>[]) await this.#take(chunk, this.#clock.now());
    return RETRY_SECONDS;
  }

  async #take(chunk: Record<string, Json>, receivedAt: number): Promise<void> {
    const { file_hash: fileHash = null, seed, size, tag = null, challenge = null, due } = chunk;
    const interval = Math.trunc(Number(due));
    const startedAt = this.#clock.now();
    const file = randomFile(String(seed), Number(size));
    await this.#clock.sleep(0.001);
    this.#bytesPerSecond = file.length / (this.#clock.now() - startedAt);
    const contract = { fileHash, file, tag, challenge, expiration: receivedAt + interval, interval, accepted: 0 };
    this.#contracts.set(fileHash, contract);
    this.most = Math.max(this.most, this.#contracts.size);
    this.#tell({ event: "contract", file_hash: fileHash, size: file.length });
    this.#prove(contract);
  }

  #averageInterval(): number {
    if (this.#contracts.size === 0) return FIRST_INTERVAL;
    let sum = 0;
    for (const { interval } of this.#contracts.values()) sum += interval;
    return sum / this.#contracts.size;
  }

  #prove(contract: Contract): void {
    const proof = prove(this.#type, this.#heartbeat, contract.file, contract.tag, contract.challenge);
    const now = this.#clock.now();
    const due = now + QUEUE_SECONDS;
    if (contract.expiration < due) this.#drop(contract, "it expires before its proof could be submitted");
    else this.#toSubmit.push({ contract, proof, ready: now, due });
  }

  async #heartbeatThread(): Promise<void> {
    while (this.#running) {
      const now = this.#clock.now();
      if (isTime(this.#toSubmit, now, this.#submittedAt)) {
        this.#submittedAt = now;
        await this.#submit(now);
      }
      if (isTime(this.#toUpdate, now, this.#updatedAt)) {
        this.#updatedAt = now;
        await this.#update(now);
      }
      await this.#clock.sleep(TICK_SECONDS);
    }
  }

  async #submit(now: number): Promise<void> {
    const batch = this.#toSubmit.filter(({ ready }) => ready <= now);
    this.#toSubmit = this.#toSubmit.filter((one) => !batch.includes(one));
    const proofs = batch.map(({ contract, proof }) => ({ file_hash: contract.fileHash, proof }));
    let report: Map<Json, Record<string, Json>>;
    try {
      // The original declares gzip and sends plain JSON.
      const answer = await this.#http.post(`/answer/${this.token}`, { proofs }, { "content-encoding": "gzip" });
      report = byFileHash(answer, "report");
    } catch (error) {
      this.#tell({ event: "retry", what: "answers", reason: (error as Error).message });
      const at = this.#clock.now() + RETRY_SECONDS;
      for (const queued of batch) {
        if (queued.contract.expiration <= at) this.#drop(queued.contract, "it expired before the node took its proof");
        else this.#toSubmit.push({ ...queued, ready: at, due: at });
      }
      return;
    }
    for (const { contract, proof } of batch) {
      const line = report.get(contract.fileHash);
      if (line === undefined) this.#drop(contract, "the report did not name it");
      else if ("error" in line) this.#drop(contract, `the node said: ${line.error}`);
      else {
        this.accepted += 1;
        contract.accepted += 1;
        const { expiration } = contract;
        this.#toUpdate.push({ contract, proof, ready: expiration, due: expiration + QUEUE_SECONDS });
      }
    }
  }

  async #update(now: number): Promise<void> {
    const batch = this.#toUpdate.filter(({ ready }) => ready <= now);
    this.#toUpdate = this.#toUpdate.filter((one) => !batch.includes(one));
    const again = (queued: Queued) => {
      const at = this.#clock.now() + RETRY_SECONDS;
      this.#toUpdate.push({ ...queued, ready: at, due: at });
    };
    let challenges: Map<Json, Record<string, Json>>;
    try {
      const hashes = batch.map(({ contract }) => contract.fileHash);
      challenges = byFileHash(await this.#http.post(`/challenge/${this.token}`, { hashes }), "challenges");
    } catch (error) {
      this.#tell({ event: "retry", what: "challenges", reason: (error as Error).message });
      for (const queued of batch) {
        const { expiration, interval } = queued.contract;
        if (expiration + interval <= this.#clock.now()) this.#drop(queued.contract, "the node gave no new challenge");
        else again(queued);
      }
      return;
    }
    for (const queued of batch) {
      const { contract } = queued;
      const one = challenges.get(contract.fileHash);
      if (one === undefined) this.#drop(contract, "the challenges did not name it");
      else if ("error" in one || "status" in one) this.#drop(contract, `the node said: ${one.error ?? one.status}`);
      else if (one.answered === true) again(queued);
      else {
        contract.challenge = one.challenge ?? null;
        contract.expiration = this.#clock.now() + Math.trunc(Number(one.due));
        this.#prove(contract);
      }
    }
  }

  #drop(contract: Contract, reason: string): void {
    this.#contracts.delete(contract.fileHash);
    this.lost += 1;
    this.#tell({ event: "lost", file_hash: contract.fileHash, reason, accepted: contract.accepted });
  }

  #tell(event: FarmerEvent): void {
    this.#options.onEvent?.(event);
  }
}

function unableToConnect(error: unknown): Error {
  return new Error(`Unable to connect: ${(error as Error).message}`);
}

/** All that are ready go once one of them is due or very many wait, but not within five seconds of the last time. */
function isTime(queue: readonly Queued[], now: number, last: number): boolean {
  if (now < last + QUEUE_SECONDS) return false;
  return queue.some(({ due }) => due <= now) || queue.filter(({ ready }) => ready <= now).length >= QUEUE_FULL;
}

/** Python dictionaries: 1 and "1" are two keys. */
function byFileHash(answer: Json, key: string): Map<Json, Record<string, Json>> {
  const items = (answer as Record<string, Json>)[key];
  if (!Array.isArray(items)) throw new Error("Malformed response from server.");
  return new Map((items as Record<string, Json>[]).map((item) => [item.file_hash ?? null, item]));
}
