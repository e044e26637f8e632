import { inTransaction } from "@cairn/database";
import { addSeeded } from "../files/add-seeded.ts";
import { addShard, type Shard } from "../files/add-shard.ts";
import { findLacking, type LackingFile } from "../files/find-lacking.ts";
import { insertChunks } from "../files/insert-chunks.ts";
import type { NodeContext } from "../node-context.ts";
import type { DownstreamSettings } from "../settings.ts";
import { SILENT_METRICS } from "../status/downstream-metrics.ts";
import { clearPool } from "./clear-pool.ts";
import { countFree } from "./count-free.ts";
import { type EncodedContent, type EncodeJob, type EncodingBeat, SECRET_BYTES } from "./encode.ts";
import { Encoder } from "./encoder.ts";
import { checkChunkSize, missingChunks, planPool } from "./plan-pool.ts";

/** How often the pool is looked at when nobody says that it has changed. */
const LOOK_EVERY_MILLISECONDS = 2000;
/** After a failure. */
const PAUSE_MILLISECONDS = 5000;
const SEED_BYTES = 16;

/** A chunk that was made. */
export interface PreparedChunk {
  /** SHA-256 of its content in hex. */
  hash: string;
  size: number;
}

type PoolContext = Pick<NodeContext, "pool" | "settings" | "beats" | "now" | "random" | "log" | "metrics">;

/**
 * The prepared chunks of a node: files of random content with their encodings, as the settings want them. Making them goes on in a thread
 * of low priority.
 */
export class ChunkPool {
  readonly #context: PoolContext;
  readonly #beat: EncodingBeat;
  #plan: Map<number, number>;
  readonly #encoder = new Encoder();
  readonly #stop = new AbortController();
  #keeping: Promise<void> | undefined;
  #wake: () => void = () => undefined;

  /** @throws CairnError `downstream-bad-pool` */
  constructor(context: PoolContext) {
    this.#context = context;
    const { settings, beats } = context;
    this.#plan = planPool(settings.pool);
    this.#beat =
      settings.scheme === "Merkle"
        ? { scheme: "Merkle", key: beats.merkleKey, checkFraction: settings.checkFraction, rounds: settings.rounds }
        : { scheme: "Swizzle", keys: beats.swizzle };
  }

  /** Keeps the pool full from now on. */
  start(): void {
    this.#keeping ??= this.#keep();
  }

  /**
   * Keeps the pool as these sizes say from now on, also when it was not kept before.
   *
   * @throws CairnError `downstream-bad-pool`
   */
  keepAs(pool: DownstreamSettings["pool"]): void {
    this.#plan = planPool(pool);
    this.start();
    this.poke();
  }

  /** Ends what `start` began, and with it a chunk that is being made. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#encoder.stop();
    await this.#keeping;
  }

  /** Something was taken: look at once. */
  poke(): void {
    this.#wake();
  }

  /**
   * Makes what is missing now, and resolves when the pool is full.
   *
   * @param onPrepared called for each chunk that was made
   */
  async fill(onPrepared: (chunk: PreparedChunk) => void = () => undefined): Promise<void> {
    const { pool, settings } = this.#context;
    for (;;) {
      const { fresh, copies } = await countFree(pool, settings.scheme);
      const missing = missingChunks(this.#plan, fresh);
      const room = [...this.#plan.values()].reduce((sum, count) => sum + count, 0) - copies;
      const lacking = settings.redundancy > 1 && room > 0 ? await findLacking(pool, settings.scheme, room) : [];
      if (missing.length === 0 && lacking.length === 0) return;
      for (const file of lacking) onPrepared(await this.#encodeAgain(file));
      for (const size of missing) onPrepared(await this.generate(size));
    }
  }

  /**
   * Makes one chunk of `size` bytes.
   *
   * @throws CairnError `downstream-chunk-size`
   */
  async generate(size: number): Promise<PreparedChunk> {
    checkChunkSize(size);
    const { random, settings } = this.#context;
    const seed = Buffer.from(random(SEED_BYTES)).toString("hex");
    const encoded = await this.#encode({ seed, size }, 1);
    await addSeeded(this.#context, { seed, size, scheme: settings.scheme }, encoded);
    return this.#prepared(encoded, size);
  }

  /** Deletes prepared seeded chunks that nobody has; how many. With the pool being kept, new ones are made at once. */
  async clear(): Promise<number> {
    const cleared = await clearPool(this.#context.pool);
    this.poke();
    return cleared;
  }

  /** Puts a shard into the pool; how many encodings were made. See `addShard`. */
  async addShard(shard: Shard): Promise<number> {
    return addShard(this.#context, this.#beat, (bytes, copies) => this.#encode({ bytes }, copies), shard);
  }

  async #encodeAgain({ id, seed, size }: LackingFile): Promise<PreparedChunk> {
    const encoded = await this.#encode({ seed, size }, 1);
    await inTransaction(this.#context.pool, async (client) => {
      await insertChunks(client, id, this.#beat.scheme, encoded.encodings);
    });
    return this.#prepared(encoded, size);
  }

  #encode(content: EncodeJob["content"], copies: number): Promise<EncodedContent> {
    const secrets = Array.from({ length: copies }, () => this.#context.random(SECRET_BYTES));
    return this.#encoder.encode({ beat: this.#beat, content, secrets });
  }

  #prepared({ hash }: EncodedContent, size: number): PreparedChunk {
    (this.#context.metrics ?? SILENT_METRICS).prepared(size);
    return { hash: Buffer.from(hash).toString("hex"), size };
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let pause = LOOK_EVERY_MILLISECONDS;
      try {
        await this.fill();
      } catch (error) {
        if (signal.aborted) return;
        this.#context.log.warn(
          { error: (error as Error).message },
          "the pool of chunks could not be filled; trying again",
        );
        pause = PAUSE_MILLISECONDS;
      }
      await this.#sleep(pause);
    }
  }

  /** Until that time has passed, or somebody wakes us. */
  #sleep(milliseconds: number): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
