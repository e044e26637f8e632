import { createMask } from "@cairn/archive/erasure";
import { inTransaction, recordEvents } from "@cairn/catalog";
import { isTooLong, Semaphore } from "@cairn/core";
import { UNIT_BYTES } from "@cairn/proofs";
import type { DealId, Hex, Signed } from "@cairn/protocol";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import { accuse } from "./evidence.ts";
import { fetchRange, type Holder, Pace } from "./fetch-range.ts";
import { ShardRoots } from "./shard-roots.ts";

/** What a provider must send, for the time that others wait to be weighed to be bounded. */
const WEIGHED_BYTES_PER_SECOND = 100_000;

/** What a holder sent of its shard. */
export interface Sent {
  holder: Holder;
  /** What the deal pays for. */
  commitment: Hex;
  /** Unmasked bytes, and where they are in the shard. */
  parts: { offset: number; bytes: Buffer }[];
}

/** Deals remembered as honest; when there are more, what was remembered is weighed once more. */
const MOST_REMEMBERED = 10_000;

/** How long a difference that could not be decided is left alone: doubled each time, for a day at most. */
const UNDECIDED_SECONDS = 60;
const MOST_UNDECIDED_SECONDS = 86_400;

const UNDECIDED = "whose fault a difference is could not be found out";

/** Shards of one piece that do not fit each other, in bytes of which some give a block that has its CID. */
export interface Difference {
  row: PackageRow;
  piece: number;
  shardLength: number;
  /** A set of k that gives the block. The block says nothing of those of their bytes that are not in it. */
  chosen: Sent[];
  /** Those that sent something else than follows from the set; `refuted` by the block itself where their own bytes are in it. */
  differing: (Sent & { refuted: boolean })[];
  capability: Signed<"ReadCapability">;
}

/** What a process weighs now. */
export class Weighing {
  /** Whole shards that are fetched at once to weigh differences, by all packages together. */
  readonly places = new Semaphore(1);
  /** Deals that are being weighed, or wait for it, with their packages' accounts: such a deal is not taken up again. */
  readonly deals = new Map<DealId, string>();
  /** Deals of marked packages whose providers sent what they are committed to: the owner's doing, and weighed once. */
  readonly honest = new Set<DealId>();
  /** Deals whose differences could not be decided, as somebody did not let its shard be fetched: when they are weighed again. */
  readonly #undecided = new Map<DealId, { until: number; seconds: number }>();

  /** Whether the deal's difference could not be decided lately. `now`: milliseconds of monotonic time. */
  isPutOff(deal: DealId, now: number): boolean {
    return (this.#undecided.get(deal)?.until ?? 0) > now;
  }

  /** Note how the weighing of a deal's difference ended. */
  ended(deal: DealId, decided: boolean, now: number): void {
    const before = this.#undecided.get(deal)?.seconds ?? UNDECIDED_SECONDS / 2;
    this.#undecided.delete(deal);
    if (decided) return;
    const seconds = Math.min(2 * before, MOST_UNDECIDED_SECONDS);
    this.#undecided.set(deal, { until: now + seconds * 1000, seconds });
    for (const oldest of this.#undecided.keys()) {
      if (this.#undecided.size <= MOST_REMEMBERED) break;
      this.#undecided.delete(oldest);
    }
  }
}

/**
 * Find out whose fault a difference is, and name whoever it is. A provider answers for the bytes of its commitment alone: its whole shard is
 * fetched, compared with it, and what was sent is compared with the shard. Where one that differs is honest, so may the set be that it differs
 * from: only when each of the set is found honest too did the package's owner commit to shards that do not fit each other. No provider is
 * accused then, and the package is marked; of a marked one only those are weighed whom a block's CID refutes. Says nothing of a shard that
 * cannot be fetched, or not promptly, so that nobody keeps others from being weighed: a later read finds out, and a
 * difference that could not be decided is left alone for a while, longer each time.
 */
export async function weighDifference(context: Context, difference: Difference): Promise<void> {
  const { weighing, clock } = context;
  const { places, deals } = weighing;
  const isOpen = ({ holder: { deal } }: Sent) => !deals.has(deal) && !weighing.isPutOff(deal, clock.monotonic());
  const differing = difference.differing.filter(isOpen);
  if (differing.length === 0) return;
  // However many deals of one account wait, another's first goes before them.
  const { account } = difference.row;
  const before = [...deals.values()].filter((one) => one === account).length;
  for (const { holder } of differing) deals.set(holder.deal, account);
  let decided = false;
  try {
    decided = await places.run(() => weigh(context, { ...difference, differing }), before, context.stopping);
  } catch (error) {
    context.log.info({ package: difference.row.id, error: String(error) }, UNDECIDED);
  } finally {
    for (const { holder } of differing) {
      deals.delete(holder.deal);
      weighing.ended(holder.deal, decided, clock.monotonic());
    }
  }
}

/** @returns whether everybody who had to be asked let its shard be fetched */
async function weigh(context: Context, difference: Difference): Promise<boolean> {
  const { row, chosen, differing } = difference;
  const { honest: known } = context.weighing;
  if (known.size > MOST_REMEMBERED) known.clear();
  const marked = await context.pool.query("select from catalog.packages where id = $1 and inconsistent", [row.id]);
  if (marked.rowCount !== 0) {
    const refuted = differing.filter((sent) => sent.refuted && !known.has(sent.holder.deal));
    const found = await honestOf(context, difference, refuted);
    for (const { holder } of found.honest) known.add(holder.deal);
    return found.all;
  }
  const found = await honestOf(context, difference, differing);
  const [honest] = found.honest;
  if (honest === undefined) return found.all;
  const set = await honestOf(context, difference, chosen);
  if (set.honest.length < row.k) return found.all && set.all;
  await nameOwner(context, difference, honest.holder);
  known.add(honest.holder.deal);
  return found.all;
}

/**
 * Those that sent bytes of their commitments. The liars are accused, and whoever cannot be asked is left out; `all`: nobody was.
 */
async function honestOf(
  context: Context,
  difference: Difference,
  among: readonly Sent[],
): Promise<{ honest: Sent[]; all: boolean }> {
  const { row, piece } = difference;
  const honest: Sent[] = [];
  let all = true;
  for (const sent of among) {
    const { holder } = sent;
    try {
      const lie = await lieOf(context, difference, sent);
      if (lie === undefined) honest.push(sent);
      else await accuse(context, row.id, piece, holder, lie);
    } catch (error) {
      all = false;
      const { shard, provider } = holder;
      context.log.info({ package: row.id, shard, provider, error: String(error) }, UNDECIDED);
    }
  }
  return { honest, all };
}

/** What the provider did wrong, if anything. */
async function lieOf(context: Context, difference: Difference, sent: Sent): Promise<string | undefined> {
  const { row, piece, shardLength: length, capability } = difference;
  const { holder, commitment, parts } = sent;
  const key = { repairKey: row.repairKey, package: row.id, piece, shard: holder.shard, mask: row.mask };
  const roots = new ShardRoots(length);
  const others = new Set<Sent["parts"][number]>();
  const pace = new Pace(WEIGHED_BYTES_PER_SECOND);
  for (let at = 0; at < length; at += UNIT_BYTES) {
    const size = Math.min(UNIT_BYTES, length - at);
    let masked: Buffer;
    try {
      masked = await fetchRange(context, holder, capability, at, size, context.stopping, { pace });
    } catch (error) {
      if (isTooLong(error)) return (error as Error).message;
      throw error;
    }
    roots.add(masked, at);
    for (const part of parts) {
      const from = Math.max(at, part.offset);
      const to = Math.min(at + size, part.offset + part.bytes.length);
      if (from >= to) continue;
      const bytes = createMask(key, from)(masked.subarray(from - at, to - at));
      if (!part.bytes.subarray(from - part.offset, to - part.offset).equals(bytes)) others.add(part);
    }
  }
  if (roots.commitment() !== commitment) return "the whole shard does not match its commitment";
  for (const { offset, bytes } of others) {
    return `${bytes.length} bytes at ${offset} were not those of its commitment, which it sends when it is asked again`;
  }
  return undefined;
}

async function nameOwner(context: Context, { row, piece }: Difference, holder: Holder): Promise<void> {
  await inTransaction(context.pool, async (client) => {
    await client.query("update catalog.packages set inconsistent = true where id = $1", [row.id]);
    await recordEvents(client, [
      {
        package: row.id,
        deal: holder.deal,
        kind: "package-inconsistent",
        severity: "error",
        message: `The package's owner committed shard ${holder.shard} of piece ${piece} to other bytes than the package's blocks are made of. Its provider holds what was committed, and is not to blame.`,
        next: "Put the folder again: the commitments of this package do not fit each other, and a shard that is lost may not be rebuilt.",
        data: { piece, shard: holder.shard },
      },
    ]);
  });
}
