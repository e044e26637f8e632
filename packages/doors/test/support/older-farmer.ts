import type { FarmerClock } from "./farmer-clock.ts";
import { checkRoot, type FarmerHttp, farmerHttp } from "./farmer-http.ts";
import type { FarmerEvent } from "./original-farmer.ts";
import { type Json, prove, randomFile } from "./original-proofs.ts";

/** How a farmer of before v0.1.6 spoke to its node. */
export interface OlderProtocol {
  prefix: string;
  /** From the wire to what the proof maths takes, for a heartbeat type. */
  read(type: string, value: Json): Json;
  /** From a proof to the wire. */
  write(proof: Json): Json;
  /** The contracts in an answer to `/chunk`; empty when there are none. */
  chunks(answer: Record<string, Json>): Record<string, Json>[];
}

/** v0.1.3 to v0.1.5: one contract at the top level, or a status. */
export const SINGLE_CONTRACT: OlderProtocol = {
  prefix: "/api/downstream/v1",
  read: (_type, value) => value,
  write: (proof) => proof,
  chunks(answer) {
    if ("status" in answer) {
      if (answer.status === "no chunks available") return [];
      throw new Error(`unexpected status ${answer.status}`);
    }
    return [answer];
  },
};

/** What the document says: an array of contracts; the objects of a Merkle proof are JSON, as the programs of its time had them. */
export const DOCUMENTED: OlderProtocol = {
  prefix: "/api/downstream",
  read(type, value) {
    if ((typeof value === "string") !== (type === "Swizzle")) throw new Error(`not an object of ${type}`);
    return value;
  },
  write: (proof) => (typeof proof === "string" ? proof : JSON.stringify(proof)),
  chunks(answer) {
    if (!Array.isArray(answer.chunks)) throw new Error("there is no array of chunks");
    return answer.chunks as Record<string, Json>[];
  },
};

export interface OlderFarmerOptions {
  url: string;
  clock: FarmerClock;
  protocol: OlderProtocol;
  address: string;
  identity: { message: string; signature: string };
  /** Bytes of contracts wanted. */
  size: number;
  onEvent: (event: FarmerEvent) => void;
}

const CHUNK_KEYS = ["seed", "size", "file_hash", "challenge", "tag", "due"] as const;
const PAUSE_SECONDS = 30;
const LATE_SECONDS = 2;
const AGAIN_SECONDS = 3;
const HASH = /^[0-9a-f]{64}$/;

/** A farmer that asks and answers for each contract alone, by `/challenge/<token>/<file_hash>` and `/answer/<token>/<file_hash>`. */
export class OlderFarmer {
  accepted = 0;
  contracts = 0;
  bytes = 0;
  readonly #options: OlderFarmerOptions;
  readonly #http: FarmerHttp;
  #token = "";
  #type = "";
  #heartbeat: Json = null;
  #running = false;

  constructor(options: OlderFarmerOptions) {
    this.#options = options;
    this.#http = farmerHttp(options.url, options.protocol.prefix);
  }

  async connect(): Promise<void> {
    const { url, address, identity, protocol, onEvent } = this.#options;
    await checkRoot(url);
    const answer = (await this.#http.post(`/new/${address}`, identity)) as Record<string, Json>;
    this.#token = String(answer.token);
    this.#type = String(answer.type);
    this.#heartbeat = protocol.read(this.#type, answer.heartbeat ?? null);
    onEvent({ event: "connected", token: this.#token, type: this.#type });
  }

  async run(): Promise<void> {
    this.#running = true;
    await this.#actor(() => this.#fill());
    this.#http.close();
  }

  stop(): void {
    this.#running = false;
  }

  #actor(body: () => Promise<void>): Promise<void> {
    return this.#options.clock.spawn(async () => {
      try {
        await body();
      } catch (error) {
        this.#options.onEvent({ event: "died", reason: (error as Error).message });
      }
    });
  }

  async #fill(): Promise<void> {
    const { size, protocol, clock } = this.#options;
    const actors: Promise<void>[] = [];
    while (this.#running) {
      const missing = size - this.bytes;
      const answer = missing > 0 ? await this.#http.get(`/chunk/${this.#token}/${missing}`) : null;
      const chunks = answer === null ? [] : protocol.chunks(answer as Record<string, Json>);
      for (const chunk of chunks) {
        for (const key of CHUNK_KEYS) if (!(key in chunk)) throw new Error(`a contract has no ${key}`);
        if (!HASH.test(String(chunk.file_hash))) throw new Error("file_hash is not 64 hex characters");
        this.contracts += 1;
        this.bytes += Number(chunk.size);
        actors.push(this.#actor(() => this.#farm(chunk)));
      }
      await clock.sleep(chunks.length === 0 ? PAUSE_SECONDS : 1);
    }
    // The program ends with all of its threads.
    await Promise.race([Promise.all(actors), clock.sleep(PAUSE_SECONDS)]);
  }

  async #farm(chunk: Record<string, Json>): Promise<void> {
    const { protocol, clock, onEvent } = this.#options;
    const file = randomFile(String(chunk.seed), Number(chunk.size));
    const tag = protocol.read(this.#type, chunk.tag ?? null);
    const path = `${this.#token}/${chunk.file_hash}`;
    let { challenge = null, due } = chunk;
    let accepted = 0;
    try {
      while (this.#running) {
        const expiration = clock.now() + Math.trunc(Number(due));
        const asked = protocol.read(this.#type, challenge);
        const proof = protocol.write(prove(this.#type, this.#heartbeat, file, tag, asked));
        const { status } = (await this.#http.post(`/answer/${path}`, { proof })) as Record<string, Json>;
        if (status !== "ok") throw new Error(`the node said ${status}`);
        this.accepted += 1;
        accepted += 1;
        await clock.sleep(expiration + LATE_SECONDS - clock.now());
        const ask = async () => {
          const next = (await this.#http.get(`/challenge/${path}`)) as Record<string, Json>;
          if (next.status !== undefined) throw new Error(`the node said ${next.status}`);
          return next;
        };
        let next = await ask();
        while (next.answered === true && this.#running) {
          await clock.sleep(AGAIN_SECONDS);
          next = await ask();
        }
        challenge = next.challenge ?? null;
        due = next.due;
      }
    } catch (error) {
      this.contracts -= 1;
      this.bytes -= file.length;
      onEvent({ event: "lost", file_hash: chunk.file_hash ?? null, reason: (error as Error).message, accepted });
    }
  }
}
