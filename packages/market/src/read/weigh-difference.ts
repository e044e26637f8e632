import { createMask } from "@cairn/archive/erasure";
import { inTransaction, recordEvents } from "@cairn/catalog";
import { Semaphore } from "@cairn/core";
import { UNIT_BYTES } from "@cairn/proofs";
import type { DealId, Hex, Signed } from "@cairn/protocol";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import { accuse, isTooLong } from "./evidence.ts";
import { fetchRange, type Holder } from "./fetch-range.ts";
import { ShardRoots } from "./shard-roots.ts";

/** Bytes of one shard that are not what k others and a block's CID say. */
export interface Difference {
  row: PackageRow;
  piece: number;
  holder: Holder;
  /** What the deal pays for. */
  commitment: Hex;
  shardLength: number;
  /** Where they are in the shard, and what they should be, unmasked. */
  offset: number;
  expected: Buffer;
  capability: Signed<"ReadCapability">;
}

/** What a process weighs now. */
export class Weighing {
  /** Whole shards that are fetched at once to weigh differences, by all packages together. */
  readonly places = new Semaphore(1);
  /** A deal that is being weighed, or waits for it, is not taken up again. */
  readonly deals = new Set<DealId>();
}

/**
 * Find out whose fault a difference is, and name whoever it is. A provider answers for the bytes of its commitment alone: its whole shard is
 * fetched and compared with it. One that fits, and differs all the same, was committed by the package's owner to other bytes than its blocks'
 * CIDs say; that is the owner's doing, and no provider is accused. The package is marked then, and is not weighed again. Says nothing when
 * the shard cannot be fetched: the next read finds out.
 */
export async function weighDifference(context: Context, difference: Difference): Promise<void> {
  const { row, holder } = difference;
  const { places, deals } = context.weighing;
  if (deals.has(holder.deal)) return;
  deals.add(holder.deal);
  try {
    await places.run(() => weigh(context, difference), 0, context.stopping);
  } catch (error) {
    context.log.info(
      { package: row.id, shard: holder.shard, provider: holder.provider, error: String(error) },
      "whose fault a difference is could not be found out",
    );
  } finally {
    deals.delete(holder.deal);
  }
}

async function weigh(context: Context, difference: Difference): Promise<void> {
  const { row, piece, holder } = difference;
  const marked = await context.pool.query("select from catalog.packages where id = $1 and inconsistent", [row.id]);
  if (marked.rowCount !== 0) return;
  const fault = await faultOf(context, difference);
  if (fault === "owner") await nameOwner(context, difference);
  else await accuse(context, row.id, piece, holder, fault);
}

/** What the provider did, or that the owner did it. */
async function faultOf(context: Context, difference: Difference): Promise<"owner" | (string & {})> {
  const { row, piece, holder, shardLength: length, offset, expected, capability } = difference;
  const mask = createMask(
    { repairKey: row.repairKey, package: row.id, piece, shard: holder.shard, mask: row.mask },
    offset,
  );
  const committed = mask(expected);
  const roots = new ShardRoots(length);
  let differs = false;
  for (let at = 0; at < length; at += UNIT_BYTES) {
    const size = Math.min(UNIT_BYTES, length - at);
    let bytes: Buffer;
    try {
      bytes = await fetchRange(context, holder, capability, at, size, context.stopping);
    } catch (error) {
      if (isTooLong(error)) return (error as Error).message;
      throw error;
    }
    roots.add(bytes, at);
    const from = Math.max(at, offset);
    const to = Math.min(at + size, offset + committed.length);
    if (from < to && !bytes.subarray(from - at, to - at).equals(committed.subarray(from - offset, to - offset))) {
      differs = true;
    }
  }
  if (roots.commitment() !== difference.commitment) return "the whole shard does not match its commitment";
  if (differs) return "owner";
  return `${expected.length} bytes at ${offset} were not those of its commitment, which it sends when it is asked again`;
}

async function nameOwner(context: Context, { row, piece, holder }: Difference): Promise<void> {
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
