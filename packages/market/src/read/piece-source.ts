import { createMask, createRebuilder, shardLength } from "@cairn/archive/erasure";
import { isTooLong } from "@cairn/core";
import { type Address, CairnError, type Signed } from "@cairn/protocol";
import type { Context } from "../context.ts";
import type { PackageRow, PieceRow } from "../package-rows.ts";
import { isLive, type SlotRow } from "../slot-rows.ts";
import { accuse } from "./evidence.ts";
import { fetchRange, type Holder } from "./fetch-range.ts";
import { type Sent, weighDifference } from "./weigh-difference.ts";

/** A provider that has not given a window after this long gets company: the window is rebuilt from others at the same time. */
const HEDGE_SECONDS = 2;
const SLOW_BYTES_PER_SECOND = 4_000_000;
/** Combinations of shards that are tried on a block that no simple source gives. */
const MAX_COMBINATIONS = 300;
/** Holders beyond k that are asked for such a block: so many liars can be outvoted. */
const MAX_OUTVOTED = 8;

/** Buffers kept for the next reads. */
const MAX_SPARE = 4;

/** One column range of a piece: bytes of data shard `shard` from `offset` on. */
interface Segment {
  shard: number;
  offset: number;
  length: number;
}

/** What a holder sent at the segments' offsets, unmasked. */
interface Given {
  holder: Holder;
  parts: Buffer[];
}

export interface PieceSourceOptions {
  row: PackageRow;
  piece: PieceRow;
  slots: readonly SlotRow[];
  /** Further copies, of deals that failed. */
  retired: readonly Holder[];
  capability: Signed<"ReadCapability">;
  signal: AbortSignal;
}

/** Of how many different shards something came. */
const shardsOf = (given: readonly Given[]): number => new Set(given.map(({ holder }) => holder.shard)).size;

/** Bytes of one piece out of its shards: straight from the data shards, or rebuilt where a provider is away, slow or wrong. */
export class PieceSource {
  readonly #context: Context;
  readonly #options: PieceSourceOptions;
  readonly #shardLength: number;
  readonly #holders: Holder[];
  readonly #spare: Buffer[] = [];
  /** Holders that failed or lied during this read, and why. */
  readonly #avoided = new Map<Address, string>();
  /** Holders that others were faster than: asked only where those do not suffice. */
  readonly #slow = new Set<Address>();

  constructor(context: Context, options: PieceSourceOptions) {
    this.#context = context;
    this.#options = options;
    this.#shardLength = shardLength(options.piece.length, options.row.k);
    const held = options.slots
      .filter((slot) => isReadable(slot))
      .map((slot) => ({ shard: slot.shard, provider: slot.state.provider!, deal: slot.state.deal! }));
    this.#holders = [...held, ...options.retired];
  }

  /** Piece bytes [from, from + length), not verified. @throws CairnError `too-few-shards` */
  async read(from: number, length: number): Promise<Buffer> {
    const parts = await Promise.all(this.#segments(from, length).map((segment) => this.#column(segment)));
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  /** Have the buffer of a read used again: whoever got it is done with it. */
  release(bytes: Buffer): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(bytes);
  }

  /** One that was released, where its size fits: reads are of one size but for the last. */
  #buffer(length: number): Buffer {
    const spare = this.#spare.pop();
    return spare?.length === length ? spare : Buffer.allocUnsafeSlow(length);
  }

  /**
   * Bytes of a range that failed its check: sets of k shards are tried until `isRight` accepts what one of them gives; those that gave
   * something else are weighed (weigh-difference.ts). @throws CairnError `wrong-bytes` when no set does
   */
  async mend(from: number, length: number, isRight: (bytes: Buffer) => boolean): Promise<Buffer> {
    const segments = this.#segments(from, length);
    const { row, piece } = this.#options;
    const reachable = this.#holders.filter((holder) => this.#context.transport.reachable(holder.provider));
    const trusted = reachable.filter(({ provider }) => !this.#avoided.has(provider) && !this.#slow.has(provider));
    // Those that failed already are waited for only where the others do not suffice: a silent one costs its whole time-out.
    const rounds = trusted.length > row.k ? [trusted, reachable] : [reachable];
    let answered = 0;
    for (const holders of rounds) {
      const given = await this.#ask(holders.slice(0, row.k + MAX_OUTVOTED), segments, holders === trusted);
      const bytes = await this.#agreed(segments, given, isRight);
      if (bytes) return bytes;
      answered = shardsOf(given);
    }
    throw new CairnError(
      `a block of piece ${piece.number} cannot be read: ${answered} shards answered, and no ${row.k} of them agree with it`,
      {
        code: "wrong-bytes",
        kind: "corrupt",
        next: "Run `cairn check --full` to find out which providers hold wrong bytes, and try again when others are back.",
        details: { piece: piece.number, answered },
      },
    );
  }

  /** What some k of the shards decode to and `isRight` accepts; whoever gave something else is weighed, which the read does not wait for. */
  async #agreed(
    segments: readonly Segment[],
    given: readonly Given[],
    isRight: (bytes: Buffer) => boolean,
  ): Promise<Buffer | undefined> {
    const { k } = this.#options.row;
    let tried = 0;
    for (const chosen of combinations(given, k)) {
      if (new Set(chosen.map(({ holder }) => holder.shard)).size < k) continue; // Two copies of one shard.
      if (++tried > MAX_COMBINATIONS) break;
      const bytes = Buffer.concat(segments.map((segment, s) => this.#decode(segment.shard, chosen, s)));
      if (!isRight(bytes)) continue;
      this.#weighOthers(segments, chosen, given);
      return bytes;
    }
    return undefined;
  }

  #segments(from: number, length: number): Segment[] {
    const segments: Segment[] = [];
    for (let at = from; at < from + length; ) {
      const shard = this.#options.row.k === 1 ? 0 : Math.floor(at / this.#shardLength);
      const offset = at - shard * this.#shardLength;
      const size = Math.min(this.#shardLength - offset, from + length - at);
      segments.push({ shard, offset, length: size });
      at += size;
    }
    return segments;
  }

  async #column(segment: Segment): Promise<Buffer> {
    const own = this.#holders.find((holder) => holder.shard === segment.shard);
    if (!own || !this.#usable(own) || this.#slow.has(own.provider)) return this.#rebuild(segment);
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, ending.signal]);
    const direct = this.#fetch(own, segment, signal);
    const patience = patienceFor(segment);
    try {
      const late = Symbol("late");
      const first = await Promise.race([direct, this.#context.clock.sleep(patience, signal).then(() => late)]);
      if (first !== late) return first as Buffer;
      const hedge = this.#rebuild(segment, own.provider);
      hedge.then(
        () => this.#setAside(own, patience),
        () => undefined,
      );
      return await Promise.any([direct, hedge]);
    } catch {
      this.#options.signal.throwIfAborted();
      return this.#rebuild(segment, own.provider);
    } finally {
      direct.catch(() => undefined);
      ending.abort(new CairnError("another source was faster", { code: "read-over", kind: "internal" }));
    }
  }

  /** Unmasked bytes from one holder; a failure keeps it out of the rest of this read. */
  async #fetch(holder: Holder, { offset, length }: Omit<Segment, "shard">, signal: AbortSignal): Promise<Buffer> {
    const { row, piece, capability } = this.#options;
    try {
      const { repairKey, mask } = row;
      const through = createMask(
        { repairKey, package: row.id, piece: piece.number, shard: holder.shard, mask },
        offset,
      );
      const into = this.#buffer(length);
      return await fetchRange(this.#context, holder, capability, offset, length, signal, { through, into });
    } catch (error) {
      if (!signal.aborted) {
        this.#avoid(holder, error instanceof Error ? error.message : String(error));
        if (isTooLong(error)) await accuse(this.#context, row.id, piece.number, holder, (error as Error).message);
      }
      throw error;
    }
  }

  async #rebuild(segment: Segment, except?: Address): Promise<Buffer> {
    const { k, n } = this.#options.row;
    const got = new Map<number, Buffer>();
    const asked = new Set<Address>(except === undefined ? [] : [except]);
    const running = new Map<Holder, Promise<void>>();
    let late = new Set<Holder>();
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, ending.signal]);
    const ask = async (holder: Holder) => {
      const bytes = await this.#fetch(holder, segment, signal).catch(() => undefined);
      running.delete(holder);
      if (bytes) got.set(holder.shard, bytes);
    };
    const patience = patienceFor(segment);
    try {
      while (got.size < k) {
        const missing = k - got.size - [...running.keys()].filter((holder) => !late.has(holder)).length;
        const free = this.#holders.filter((holder) => this.#usable(holder) && !asked.has(holder.provider));
        free.sort((a, b) => Number(this.#slow.has(a.provider)) - Number(this.#slow.has(b.provider)));
        // More may be under way than are missing: those that were late came after all.
        for (const holder of free.slice(0, Math.max(0, missing))) {
          asked.add(holder.provider);
          running.set(holder, ask(holder));
        }
        if (got.size + running.size < k) throw this.#tooFew(got.size + running.size);
        const waiting = new AbortController();
        const passed = this.#context.clock.sleep(patience, waiting.signal).then(() => true);
        const tooLong = await Promise.race([...running.values(), passed]);
        waiting.abort();
        this.#options.signal.throwIfAborted();
        if (tooLong) late = new Set(running.keys());
      }
      for (const holder of running.keys()) if (late.has(holder)) this.#setAside(holder, patience);
    } finally {
      ending.abort(new CairnError("other sources were faster", { code: "read-over", kind: "internal" }));
    }
    const shards = [...got.keys()].slice(0, k);
    if (k === 1) return got.get(shards[0]!)!;
    const out = Buffer.allocUnsafe(segment.length);
    createRebuilder(k, n, shards, [segment.shard])([...got.values()].slice(0, k), [out]);
    return out;
  }

  /** Each holder's bytes at the segments' offsets, of those that give them; in a hurry the late ones are left when more than k have. */
  async #ask(holders: readonly Holder[], segments: readonly Segment[], hurried: boolean): Promise<Given[]> {
    const given: Given[] = [];
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, ending.signal]);
    const over = new CairnError("other sources were faster", { code: "read-over", kind: "internal" });
    const patience = segments.reduce((sum, segment) => sum + patienceFor(segment), 0);
    let late = false;
    const leaveLate = () => {
      if (late && shardsOf(given) > this.#options.row.k) ending.abort(over);
    };
    if (hurried) {
      void this.#context.clock.sleep(patience, signal).then(() => {
        late = true;
        leaveLate();
      });
    }
    await Promise.all(
      holders.map(async (holder) => {
        const parts: Buffer[] = [];
        for (const segment of segments) {
          const part = await this.#fetch(holder, segment, signal).catch(() => undefined);
          if (!part) return;
          parts.push(part);
        }
        given.push({ holder, parts });
        leaveLate();
      }),
    );
    this.#options.signal.throwIfAborted();
    if (ending.signal.aborted) {
      const came = new Set(given.map(({ holder }) => holder));
      for (const holder of holders) if (!came.has(holder)) this.#setAside(holder, patience);
    }
    ending.abort(over);
    return given;
  }

  #decode(shard: number, chosen: readonly Given[], segment: number): Buffer {
    const inputs = chosen.map(({ parts }) => parts[segment]!);
    const shards = chosen.map(({ holder }) => holder.shard);
    if (shards.includes(shard)) return inputs[shards.indexOf(shard)]!;
    const { k, n } = this.#options.row;
    if (k === 1) return inputs[0]!;
    const out = Buffer.allocUnsafe(inputs[0]!.length);
    createRebuilder(k, n, shards, [shard])(inputs, [out]);
    return out;
  }

  /**
   * Weigh whoever sent other bytes than the chosen ones lead to. A check covers the bytes of the data shards that were read and nothing else: what
   * the chosen ones sent beside may be wrong, so that they are weighed too before the difference is anybody's fault but a liar's.
   */
  #weighOthers(segments: readonly Segment[], chosen: readonly Given[], given: readonly Given[]): void {
    const { row, piece, slots, capability } = this.#options;
    const differing = given.flatMap((one) => {
      if (chosen.includes(one)) return [];
      const at = segments.filter((_, s) => !one.parts[s]!.equals(this.#decode(one.holder.shard, chosen, s)));
      if (at.length === 0) return [];
      this.#avoid(one.holder, "it sent other bytes than fit the others'");
      return [{ ...one, refuted: row.k === 1 || at.some(({ shard }) => shard === one.holder.shard) }];
    });
    if (differing.length === 0) return;
    const offsets = segments.map(({ offset }) => offset);
    const sent = ({ holder, parts }: Given): Sent[] => {
      const commitment = slots.find((slot) => slot.shard === holder.shard)?.commitment;
      return commitment === undefined
        ? []
        : [{ holder, commitment, parts: parts.map((bytes, s) => ({ offset: offsets[s]!, bytes })) }];
    };
    void weighDifference(this.#context, {
      ...{ row, piece: piece.number, shardLength: this.#shardLength, capability },
      differing: differing.flatMap((one) => sent(one).map((of) => ({ ...of, refuted: one.refuted }))),
      chosen: chosen.flatMap(sent),
    });
  }

  #usable(holder: Holder): boolean {
    return !this.#avoided.has(holder.provider) && this.#context.transport.reachable(holder.provider);
  }

  #avoid(holder: Holder, why: string): void {
    if (this.#avoided.has(holder.provider)) return;
    this.#avoided.set(holder.provider, why);
    this.#logOthers(holder, why);
  }

  #setAside(holder: Holder, patience: number): void {
    if (this.#slow.has(holder.provider)) return;
    this.#slow.add(holder.provider);
    this.#logOthers(holder, `it took longer than ${patience.toFixed(1)} s`);
  }

  #logOthers(holder: Holder, why: string): void {
    this.#context.log.info(
      { package: this.#options.row.id, shard: holder.shard, provider: holder.provider, why },
      "a shard is read from others",
    );
  }

  #tooFew(have: number): CairnError {
    const { row, piece } = this.#options;
    const reasons = [...this.#avoided].map(([provider, why]) => `${provider.slice(0, 10)}: ${why}`);
    const away = this.#holders.filter((holder) => !this.#context.transport.reachable(holder.provider));
    for (const holder of away) reasons.push(`${holder.provider.slice(0, 10)}: not connected`);
    return new CairnError(
      `piece ${piece.number} needs ${row.k} shards, and ${have} can be read (${reasons.slice(0, 6).join("; ") || "no provider holds another"})`,
      {
        code: "too-few-shards",
        kind: "unavailable",
        next: "Bring the providers that hold the others back, then try again.",
        details: { piece: piece.number, needed: row.k, readable: have },
      },
    );
  }
}

/** Seconds after which a holder gets company. */
function patienceFor({ length }: Segment): number {
  return HEDGE_SECONDS + length / SLOW_BYTES_PER_SECOND;
}

/** ACTIVE, or on its way to it with the bytes in place. A damaged copy is read too: every block is checked. */
export function isReadable(slot: SlotRow): boolean {
  return isLive(slot.state) || slot.state.phase === "RECEIPTED" || slot.state.phase === "ACTIVE";
}

/** Sets of `size` out of `from`, in lexical order. */
export function* combinations<T>(from: readonly T[], size: number, start = 0): Generator<T[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = start; i <= from.length - size; i++) {
    for (const rest of combinations(from, size - 1, i + 1)) yield [from[i]!, ...rest];
  }
}
