import { inTransaction } from "@cairn/database";
import { addSeeded } from "../files/add-seeded.ts";
import { addShard, type Shard } from "../files/add-shard.ts";
import { findLacking, type LackingFile } from "../files/find-lacking.ts";
import { insertChunks } from "../files/insert-chunks.ts";
import type { NodeContext } from "../node-context.ts";
import type { Scheme } from "../scheme.ts";
import type { DownstreamSettings } from "../settings.ts";
import { SILENT_METRICS } from "../status/downstream-metrics.ts";
import { clearPool } from "./clear-pool.ts";
import { countFree } from "./count-free.ts";
import { type EncodedContent, type EncodeJob, type EncodingBeat, SECRET_BYTES } from "./encode.ts";
import { Encoder } from "./encoder.ts";
import { checkChunkSize, missingChunks, planPool } from "./plan-pool.ts";
import { trimPool } from "./trim-pool.ts";

/** How often the pool is looked at when nobody says that it has changed. */
const LOOK_EVERY_MILLISECONDS = 2000;
/** After a failure. */
const PAUSE_MILLISECONDS = 5000;
const SEED_BYTES = 16;
/** Before the pool is looked at again: what is missing may have changed, and so may the sizes that are wanted. */
const MADE_AT_ONCE = 16;

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
  #plan: Map<number, number>;
  readonly #encoder = new Encoder();
  readonly #stop = new AbortController();
  #keeping: Promise<void> | undefined;
  #wake: () => void = () => undefined;

  /** @throws CairnError `downstream-bad-pool` */
  constructor(context: PoolContext) {
    this.#context = context;
    this.#plan = planPool(context.settings.pool);
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
   * Makes what is missing now, deletes what is too much, and resolves when the pool is as planned.
   *
   * @param onPrepared called for each chunk that was made
   */
  async fill(onPrepared: (chunk: PreparedChunk) => void = () => undefined): Promise<void> {
    for (let full = false; !full; ) {
      full = true;
      for (const scheme of await this.#schemes()) {
        const { files, sizes, surplus } = await this.#missing(scheme);
        if (surplus) await trimPool(this.#context.pool, scheme, this.#plan);
        for (const file of files) onPrepared(await this.#encodeAgain(file, scheme));
        for (const size of sizes) onPrepared(await this.generate(size, scheme));
        if (files.length + sizes.length > 0) full = false;
      }
    }
  }

  /**
   * Makes one chunk of `size` bytes.
   *
   * @throws CairnError `downstream-chunk-size`
   */
  async generate(size: number, scheme = this.#context.settings.scheme): Promise<PreparedChunk> {
    checkChunkSize(size);
    const seed = Buffer.from(this.#context.random(SEED_BYTES)).toString("hex");
    const encoded = await this.#encode({ seed, size }, 1, scheme);
    await addSeeded(this.#context, { seed, size, scheme }, encoded);
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
    const { scheme } = this.#context.settings;
    return addShard(this.#context, scheme, (bytes, copies) => this.#encode({ bytes }, copies, scheme), shard);
  }

  /** The scheme of new farmers, and that of farmers from before the operator chose another one. */
  async #schemes(): Promise<Scheme[]> {
    const { pool, settings } = this.#context;
    const { rowCount } = await pool.query("select from downstream.tokens where scheme <> $1 limit 1", [
      settings.scheme,
    ]);
    return rowCount === 0 ? [settings.scheme] : ["Merkle", "Swizzle"];
  }

  /** What to make next: files to encode once more, as long as no more copies wait than new chunks, and sizes of new chunks. */
  async #missing(scheme: Scheme): Promise<{ files: LackingFile[]; sizes: number[]; surplus: boolean }> {
    const { pool, settings } = this.#context;
    const { fresh, copies } = await countFree(pool, scheme);
    const room = [...this.#plan.values()].reduce((sum, count) => sum + count, 0) - copies;
    const most = settings.redundancy > 1 ? Math.max(0, Math.min(room, MADE_AT_ONCE)) : 0;
    return {
      files: most === 0 ? [] : await findLacking(pool, scheme, most),
      sizes: missingChunks(this.#plan, fresh).slice(0, MADE_AT_ONCE),
      surplus: [...fresh].some(([size, count]) => count > (this.#plan.get(size) ?? 0)),
    };
  }

  async #encodeAgain({ id, seed, size }: LackingFile, scheme: Scheme): Promise<PreparedChunk> {
    const encoded = await this.#encode({ seed, size }, 1, scheme);
    await inTransaction(this.#context.pool, async (client) => {
      await insertChunks(client, id, scheme, encoded.encodings);
    });
    return this.#prepared(encoded, size);
  }

  #encode(content: EncodeJob["content"], copies: number, scheme: Scheme): Promise<EncodedContent> {
    const { beats, random, settings } = this.#context;
    const secrets = Array.from({ length: copies }, () => random(SECRET_BYTES));
    const { checkFraction, rounds } = settings;
    const beat: EncodingBeat =
      scheme === "Merkle" ? { scheme, key: beats.merkleKey, checkFraction, rounds } : { scheme, keys: beats.swizzle };
    return this.#encoder.encode({ beat, content, secrets });
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
