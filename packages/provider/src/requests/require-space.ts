import { statfs } from "node:fs/promises";
import { CairnError } from "@cairn/protocol";
import type { ProviderContext } from "../context.ts";

function full(message: string, details: Record<string, unknown>): CairnError {
  return new CairnError(message, { code: "full", kind: "exhausted", details, next: "Ask another provider." });
}

/**
 * Room for `more` bytes beside the shards that are quoted, and the documents and manifests that are held or pulled. Whoever counts them right
 * after this resolves never has them counted by two.
 * @throws CairnError `full` when the capacity or the disk is too small
 */
export async function requireSpace(context: ProviderContext, more: number): Promise<void> {
  const { settings, book, shards, pulls } = context;
  const disk = await statfs(settings.directory, { bigint: true });
  // What follows runs without a break.
  const wanted = BigInt(more);
  let pulled = 0n;
  for (const { papers } of pulls.values()) pulled += papers;
  const left = settings.capacity - book.reservedBytes - shards.paperBytes - pulled;
  if (wanted > left) {
    throw full("the provider's capacity is taken", { capacity: settings.capacity.toString(), free: left.toString() });
  }
  // A shard's cached tree is 0.8 % of it.
  const needed = wanted + book.reservedBytes - shards.bytes + pulled;
  const free = disk.bavail * disk.bsize - BigInt(settings.diskMarginBytes);
  if (needed + needed / 100n > free) throw full("the provider's disk is full", { free: free.toString() });
}
